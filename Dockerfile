# syntax=docker/dockerfile:1
# An image with the service, the embedding model and an index of the documents in DOCUMENTS.
#
#   docker build -t findings .
#   docker run --rm -p 8000:8000 findings
#
# README.md, "In a container", says how to index and serve one's own reports with it.

FROM python:3.11-slim-bookworm AS build
# Further arguments of pip: the index of PyTorch's CPU wheels, without which torch brings its GPU packages.
ARG PIP_ARGS=""
# The folder, inside the build context, whose documents are indexed into the image.
ARG DOCUMENTS=seeds
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/findings
ENV PATH=/opt/findings/bin:$PATH
WORKDIR /src

# The packages first: they change seldom, and their layer is then kept.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt ${PIP_ARGS}

COPY LICENSE NOTICE README.md config.yaml ./
COPY app app
COPY indexer indexer
RUN pip install --no-deps .

COPY ${DOCUMENTS} documents
RUN findings index documents --index /data/index


FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Findings search" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin findings
COPY --from=build /opt/findings /opt/findings
COPY --from=build /src/config.yaml /src/LICENSE /src/NOTICE /srv/findings/
COPY --from=build --chown=findings:findings /data /data

# The model comes with the image: nothing is fetched while it runs.
ENV PATH=/opt/findings/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    FINDINGS_INDEX_DIR=/data/index
WORKDIR /srv/findings
USER findings
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["findings"]
CMD ["serve", "--host", "0.0.0.0"]
