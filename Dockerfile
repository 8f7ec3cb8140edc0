# Made by `python -m deploy docker`; run it again after a change. Edits do not survive: use fit512.toml.
# Memory: 104.2 MiB at most (reports/profile.json).
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements.txt requirements.txt
RUN pip install -r requirements.txt
COPY . .
RUN bin/make-model

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 WEB_CONCURRENCY=1 PORT=8000
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app/service /app/service
COPY --from=build /app/vectorstore /app/vectorstore
COPY --from=build /app/models /app/models
COPY --from=build /app/stores /app/stores
RUN useradd --system --uid 10001 app
USER app
EXPOSE 8000
CMD ["sh", "-c", "exec python -m service"]
