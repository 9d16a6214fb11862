#!/bin/sh
# Remove what this project made, found by its label or its image prefix, and say how big it was. Never prunes.
# Usage: clean.sh VENV
set -eu
venv=$1

if docker version >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # one argument for each id is meant
    for kind in container network volume; do
        case $kind in
            container) ids=$(docker ps -aq --filter label=lab.name && docker ps -aq --filter label=lab.role); remove='rm --force --volumes' ;;
            network) ids=$(docker network ls -q --filter label=lab.name); remove='network rm' ;;
            volume) ids=$(docker volume ls -q --filter label=lab.name); remove='volume rm' ;;
        esac
        if [ -n "$ids" ]; then
            # shellcheck disable=SC2086 # the command and the ids are lists
            docker $remove $ids >/dev/null
            echo "removed $(printf '%s\n' "$ids" | wc -l | tr -d ' ') ${kind}s"
        fi
    done
    docker images --filter 'reference=scalability-lab/*' --format '{{.Repository}}:{{.Tag}} {{.Size}}' |
        while read -r image size; do
            if docker image rm --no-prune "$image" >/dev/null; then echo "removed image $image ($size)"; fi
        done
    echo "left: Docker's build cache, which serves all projects ('docker buildx du' shows it, 'docker buildx prune' empties it)"
else
    echo 'no Docker engine answers: containers and images are left as they are' >&2
fi
if [ -d "$venv" ]; then
    echo "removed $venv ($(du -sh "$venv" | cut -f1))"
    rm -rf "$venv"
fi
echo 'kept: .lab, which holds your results'
