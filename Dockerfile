FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /build && python -m venv /venv
COPY requirements.txt requirements-runtime.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-runtime.txt \
 && /build/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml sbom.cdx.json README.md LICENSE app.py ./
COPY bridge bridge
COPY webhooks webhooks
COPY mappings mappings
RUN /build/bin/hatchling build --target wheel && /venv/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13-slim
COPY --from=build /venv /venv
RUN useradd --system --create-home --home-dir /srv/policybridge --uid 10001 policybridge \
 && install --directory --owner policybridge /srv/policybridge/var
USER policybridge
WORKDIR /srv/policybridge
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 POLICYBRIDGE_HOST=0.0.0.0
VOLUME /srv/policybridge/var
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["policybridge", "serve"]
