# Serves a bundle: the page to try it, and the Open Inference Protocol.
#
#   docker build --tag headswap .
#   docker run --rm --publish 127.0.0.1:8000:8000 headswap
FROM python:3.11.14-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HEADSWAP_CACHE=/home/headswap/cache

# Before the code, which changes more often.
COPY requirements.lock /build/
RUN pip install --require-hashes --requirement /build/requirements.lock

COPY pyproject.toml README.md /build/
COPY src /build/src
RUN pip install --no-deps --no-build-isolation /build && rm -r /build

RUN useradd --create-home --uid 10001 headswap
USER 10001
WORKDIR /home/headswap

COPY data/bundle bundle
# Checks the copy, and by its sample keeps the network in the form that is computed; so a
# container starts in seconds.
RUN headswap verify bundle

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/v2/health/ready')"]
CMD ["headswap", "serve", "bundle", "--host", "0.0.0.0"]
