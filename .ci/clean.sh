#!/bin/sh
# Remove what this project made, found by its label or its image prefix, and say how big it was. Never prunes.
# Usage: clean.sh VENV
set -eu
venv=$1

# remove KIND COMMAND IDS: one docker command for all of one kind.
remove() {
    kind=$1
    command=$2
    ids=$3
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086 # the command and the ids are lists
    docker $command $ids >/dev/null
    echo "removed $(printf '%s\n' "$ids" | wc -l | tr -d ' ') $kind"
}

clean_engine() {
    remove containers 'rm --force --volumes' \
        "$(docker ps -aq --filter label=lab.name && docker ps -aq --filter label=lab.role)"
    remove networks 'network rm' "$(docker network ls -q --filter label=lab.name)"
    volumes=$(docker volume ls -q --filter label=lab.name)
    if [ -n "$volumes" ]; then
        docker system df --verbose --format '{{range .Volumes}}{{println .Name .Size}}{{end}}' |
            grep -wF "$volumes" | sed 's/^/  volume /' || true
    fi
    remove volumes 'volume rm' "$volumes"
    docker images --filter 'reference=scalability-lab/*' --format '{{.Repository}}:{{.Tag}} {{.Size}}' |
        while read -r image size; do
            if docker image rm --no-prune "$image" >/dev/null; then
                echo "removed image $image ($size)"
            fi
        done
    remove 'replaced images' 'image rm --no-prune' "$(docker images -q --filter dangling=true --filter label=lab.inputs)" || true
    echo "left: Docker's build cache, which serves all projects ('docker buildx du' shows it, 'docker buildx prune' empties it)"
}

if docker version >/dev/null 2>&1; then
    clean_engine
else
    echo 'no Docker engine answers: containers and images are left as they are' >&2
fi
if [ -d "$venv" ]; then
    echo "removed $venv ($(du -sh "$venv" | cut -f1))"
    rm -rf "$venv"
fi
echo 'kept: .lab, which holds your results'
