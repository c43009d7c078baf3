# The image with a systemd that runs our units, set up as deploy/README.md says.
ARG RUNTIME
FROM ${RUNTIME}
USER root
RUN apt-get update && apt-get install -y --no-install-recommends systemd libnss-systemd dbus \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/systemd/*.service deploy/systemd/*.target /etc/systemd/system/
COPY deploy/systemd/onput.env deploy/systemd/instance.toml /etc/onput/
RUN umask 077 && echo "test:test:000000000000" > /etc/onput/keys
ENV container=docker
STOPSIGNAL SIGRTMIN+3
# As on a machine: without shared mounts a unit's credentials do not reach it.
CMD ["sh", "-c", "mount --make-rshared / && exec /lib/systemd/systemd"]
