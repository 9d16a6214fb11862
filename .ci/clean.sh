#!/bin/sh
# Remove all that this project put on this machine and its engine, and say how big it was. Never prunes: what is
# removed is found by the lab's labels and image prefix, one by one. Usage: clean.sh VENV
set -eu
venv=$1
cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/scalability-lab
temporary=${TMPDIR:-/tmp}
installed=/var/lib/scalability-lab/installed.json

# drop WHAT SIZE COMMAND...: run docker's COMMAND and say what it removed; what it refuses is left, with its reason.
drop() {
    what=$1
    size=$2
    shift 2
    if reason=$(docker "$@" 2>&1); then
        echo "removed $what${size:+ ($size)}"
    else
        echo "left    $what: $(printf '%s\n' "$reason" | tail -n 1)" >&2
    fi
}

# Containers of labs, of measurements (also killed ones), of `lab doctor`, and engines of the tests.
# `ps --size` would read every file of every container on the machine; so only ours are looked at.
our_containers() {
    docker ps -aq --filter label=lab.name --filter label=lab.tier --filter label=lab.spec
    docker ps -aq --filter label=lab.name --filter label=lab.role
    docker ps -aq --filter label=lab.role=doctor
    docker ps -aq --filter label=lab.role=test-engine
}

clean_containers() {
    our_containers | sort -u | while read -r id; do
        line=$(docker ps -a --size --filter "id=$id" --format '{{.Names}} {{.Size}}')
        drop "container ${line%% *}" "${line#* }" rm --force --volumes "$id"
    done
}

# ours KIND: the names of networks or volumes whose compose project is the lab that their label names.
ours() {
    docker "$1" ls --filter label=lab.name \
        --format '{{.Name}} {{.Label "lab.name"}} {{.Label "com.docker.compose.project"}}' |
        awk '$2 != "" && $2 == $3 { print $1 }'
    docker "$1" ls --filter label=lab.role=test-engine --format '{{.Name}}'
}

clean_networks() {
    ours network | while read -r name; do
        drop "network $name" '' network rm "$name"
    done
}

clean_volumes() {
    names=$(ours volume)
    [ -n "$names" ] || return 0
    sizes=$(docker system df --verbose --format '{{range .Volumes}}{{println .Name .Size}}{{end}}')
    printf '%s\n' "$names" | while read -r name; do
        size=$(printf '%s\n' "$sizes" | awk -v name="$name" '$1 == name { print $2 }')
        drop "volume $name" "$size" volume rm "$name"
    done
}

# Ours by name: the tiers, their bases, own apps, the tests' copies. Then what a newer build took the name from.
clean_images() {
    docker images --filter 'reference=scalability-lab/*' --format '{{.Repository}}:{{.Tag}} {{.Size}}' |
        while read -r image size; do
            drop "image $image" "$size" image rm --no-prune "$image"
        done
    docker images --filter dangling=true --filter label=lab.inputs --format '{{.ID}} {{.Size}}' |
        while read -r image size; do
            drop "replaced image $image" "$size" image rm --no-prune "$image"
        done
}

# drop_path PATH...: remove files and folders that are there, and say how big they were.
drop_path() {
    for path in "$@"; do
        if [ -e "$path" ] && [ ! -L "$path" ]; then
            size=$(du -sh "$path" 2>/dev/null | cut -f1)
            if rm -rf "$path"; then
                echo "removed $path ($size)"
            fi
        fi
    done
}

# What killed commands and tests left. The names hold a process id; a process that lives still needs its folder.
clean_temporary() {
    for path in "$temporary"/lab-[0-9]*-* "$temporary"/lab-wheels-* "$temporary"/test-[0-9]*-engine-*; do
        pid=$(basename "$path" | sed -n 's/^[a-z]*-\([0-9]*\)-.*/\1/p')
        if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then continue; fi
        if [ -n "$(find "$path" -prune -user "$(id -u)" 2>/dev/null)" ]; then
            drop_path "$path"
        fi
    done
}

# What the tools of `make check` keep beside the sources.
clean_checkout() {
    drop_path .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
    find . -name .venv -prune -o -name .git -prune -o -name .lab -prune -o \
        -type d -name __pycache__ -print | while read -r folder; do
        rm -rf "$folder"
    done
}

if docker version >/dev/null 2>&1; then
    clean_containers
    clean_networks
    clean_volumes
    clean_images
    built=$(docker system df --format '{{.Type}} {{.Size}}' | sed -n 's/^Build Cache //p')
    echo "kept    Docker's build cache (${built:-?}), which serves all projects: 'docker buildx du' shows it"
else
    echo 'left    containers, networks, volumes and images: no Docker engine answers' >&2
fi
clean_temporary
drop_path "$cache" "$venv"
clean_checkout
if [ -d .lab ]; then
    echo "kept    .lab ($(du -sh .lab | cut -f1)), which holds your results"
fi
if [ -e "$installed" ]; then
    echo "kept    the engine; what 'lab doctor --fix' wrote for it is listed in $installed"
fi
