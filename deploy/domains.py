"""The names under which a host asks an app, and is asked for it.

https://render.com/docs/custom-domains, https://devcenter.heroku.com/articles/custom-domains,
https://docs.railway.com/deployments/healthchecks
"""

from __future__ import annotations

from collections.abc import Mapping

# Below it each app has a name of its own.
DOMAINS: Mapping[str, str] = {
    "render": ".onrender.com",
    "heroku": ".herokuapp.com",
    "railway": ".up.railway.app",
    "fly": ".fly.dev",
    "cloudrun": ".run.app",
}
RAILWAY_CHECK = "healthcheck.railway.app"  # the Host of its health checks, whatever the app's name
