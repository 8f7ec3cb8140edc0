"""Made by `python -m deploy railway`; `railway config plan` shows what it changes, `apply` does it.

Edits do not survive: use fit512.toml. Memory: 104.2 MiB at most (reports/profile.json).
"""

from railway_sdk import define_railway, preserve, project, service


@define_railway
def main():
    web = service(
        "fit512",
        build={
            "builder": "DOCKERFILE",
            "dockerfilePath": "Dockerfile",
        },
        deploy={
            "startCommand": "/bin/sh -c \"exec python -m service\"",
            "healthcheckPath": "/health",
            "healthcheckTimeout": 120,
            "numReplicas": 1,
            "restartPolicyType": "ON_FAILURE",
            "restartPolicyMaxRetries": 10,
            "drainingSeconds": 30,
            "overlapSeconds": 0,
        },
        env={
            "PYTHONUNBUFFERED": "1",
            "WEB_CONCURRENCY": "1",
            "LLM_API_KEY": preserve(),  # its value is set on Railway alone
            "OPENROUTER_API_KEY": preserve(),  # its value is set on Railway alone
        },
    )
    return project("fit512", resources=[web])
