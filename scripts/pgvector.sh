# shellcheck shell=bash
# Installs pgvector for one PostgreSQL: from the system's own package, or else from Debian's source package of a newer
# release. Sourced by setup.sh.

# halfvec came with 0.7, iterative index scans with 0.8.
readonly OLDEST_PGVECTOR=0.8.0
readonly PGVECTOR_RELEASE=trixie
readonly COMPILER_PACKAGES=(gcc libc6-dev make)

has_pgvector() {
    local control=/usr/share/postgresql/$1/extension/vector.control
    [[ -f $control ]] && is_new_enough "$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control")"
}

is_new_enough() {
    [[ -n $1 ]] && printf '%s\n' "$OLDEST_PGVECTOR" "$1" | sort --version-sort --check=quiet
}

pgvector_is_offered() {
    is_new_enough "$(candidate "postgresql-$1-pgvector")"
}

install_pgvector() {
    local version=$1 build options
    if pgvector_is_offered "$version"; then
        whole_step "Installing pgvector" install_packages "postgresql-$version-pgvector"
        return
    fi
    whole_step "Installing a compiler for pgvector" install_packages "postgresql-server-dev-$version" "${COMPILER_PACKAGES[@]}"
    # Not below TMPDIR: make takes no path with a space in it.
    build=$(mktemp -d /tmp/freehold-pgvector.XXXXXX)
    # OPTFLAGS: by default it is compiled for this very processor, and does not run on one that the disk moves to.
    options=(OPTFLAGS="" PG_CONFIG="/usr/lib/postgresql/$version/bin/pg_config")
    step "Building pgvector" build_pgvector "$build" "${options[@]}"
    whole_step "Installing pgvector" as_root make -C "$build/source" "${options[@]}" install
    rm -rf "$build"
}

# Steps run where `set -e` has no effect, hence the &&.
build_pgvector() {
    fetch_pgvector "$1" &&
        mkdir "$1/source" &&
        tar -xf "$1"/pgvector_*.orig.tar.* -C "$1/source" --strip-components=1 &&
        make -C "$1/source" "${@:2}"
}

# Fetched with a sources list, state and cache of its own: the system's apt keeps its configuration and lists.
fetch_pgvector() {
    local sources
    sources=$(newer_sources "$1") || return
    local apt=(apt-get -o "Dir::Etc::SourceList=$sources" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State=$1/state" -o "Dir::Cache=$1/cache" -o APT::Default-Release=)
    # apt fetches as a user without rights, who has to get here.
    chmod 755 "$1" &&
        mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" &&
        "${apt[@]}" update &&
        cd "$1" &&
        "${apt[@]}" source --download-only pgvector
}

# Writes a sources list for the newer release's source packages and prints its name. Mirror, keyring and options are
# those by which the system gets its own release: its entry is copied, and only what is wanted from there is changed.
newer_sources() {
    local codename entry file
    codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    # FILE:N, where N counts paragraphs in a .sources file and lines in a .list file.
    # shellcheck disable=SC2016  # apt's own variables
    entry=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(RELEASE) $(COMPONENT) $(SOURCESENTRY)' 'Identifier: Packages' |
        sed -nE "s/^Debian $codename [a-z]+ main (.*)$/\1/p" | head -n 1)
    [[ -n $entry ]] || fail \
        "pgvector is not among this system's packages, and it has no entry for Debian's own release to get the source by."
    file=${entry%:*}
    if [[ $file == *.sources ]]; then
        deb822_entry "$file" "${entry##*:}" >"$1/newer.sources"
        printf '%s' "$1/newer.sources"
    else
        one_line_entry "$file" "${entry##*:}" >"$1/newer.list"
        printf '%s' "$1/newer.list"
    fi
}

deb822_entry() {
    printf 'Types: deb-src\nSuites: %s\nComponents: main\n' "$PGVECTOR_RELEASE"
    # A paragraph ends with an empty line; a field goes on over lines that start with a space (keys written out do).
    sed '/^#/d' "$1" | awk -v RS= -v number="$2" 'NR == number' | awk '
        /^[^ \t]/ { copied = tolower($0) !~ /^(types|suites|components|architectures|enabled):/ }
        copied'
}

one_line_entry() {
    sed -n "$2p" "$1" |
        sed -E "s/^deb([[:space:]]+\[[^]]*\])?[[:space:]]+([^[:space:]]+).*/deb-src\1 \2 $PGVECTOR_RELEASE main/"
}
