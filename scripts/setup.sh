#!/usr/bin/env bash
# shellcheck disable=SC2034  # POSTGRES_BIN, PGBOUNCER and AZURITE are for servers.sh
# Finds what the local stack needs, and installs what is missing: PostgreSQL with pgvector, and Azurite.
# Sourced by ./run, ./test and ./bench. Called by itself it does what needs an administrator, and no more.
# What is there is left as it is: on a complete machine nothing here makes a network request.
set -euo pipefail

SCRIPTS=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/console.sh
source "$SCRIPTS/console.sh"
# shellcheck source=scripts/pgvector.sh
source "$SCRIPTS/pgvector.sh"

readonly OLDEST_POSTGRES=15
# Azurite itself is content with less; some of what it needs is not.
readonly OLDEST_NODE=20

# setup_postgres VERSION: sets POSTGRES_VERSION and POSTGRES_BIN. VERSION is the major version that an existing data
# folder was made by, and then no other will do; or empty.
setup_postgres() {
    local wanted=$1
    if find_postgres "$wanted" && has_pgvector "$POSTGRES_VERSION"; then
        return
    fi
    command -v apt-get >/dev/null || fail \
        "Freehold needs PostgreSQL $OLDEST_POSTGRES or newer with pgvector $OLDEST_PGVECTOR or newer, and can install them with apt only." \
        "Install them, or name servers of yours in FREEHOLD_CATALOG and FREEHOLD_STORAGE."
    if ! can_be_root; then
        ask_an_administrator "$wanted"
    fi

    whole_step "Reading the package lists" as_root "$SCRIPTS/apt-get.sh" update
    if ! find_postgres "$wanted"; then
        choose_postgres "$wanted"
        whole_step "Installing PostgreSQL $POSTGRES_VERSION" as_root "$SCRIPTS/install-postgres.sh" "$POSTGRES_VERSION"
    fi
    if ! has_pgvector "$POSTGRES_VERSION"; then
        install_pgvector "$POSTGRES_VERSION"
    fi
    has_pgvector "$POSTGRES_VERSION" || fail "pgvector was installed, and PostgreSQL $POSTGRES_VERSION does not have it."
}

# Prefers a server that has pgvector already over a newer one that does not.
find_postgres() {
    local bin version versions=()
    POSTGRES_VERSION=
    for bin in /usr/lib/postgresql/*/bin; do
        version=${bin#/usr/lib/postgresql/}
        version=${version%/bin}
        if [[ -x $bin/postgres && -x $bin/initdb && $version =~ ^[0-9]+$ ]] && ((version >= OLDEST_POSTGRES)); then
            versions+=("$version")
        fi
    done
    for version in $(printf '%s\n' "${versions[@]}" | sort -rn); do
        if [[ -n $1 ]]; then
            [[ $version == "$1" ]] && POSTGRES_VERSION=$version
        elif [[ -z $POSTGRES_VERSION ]] || { has_pgvector "$version" && ! has_pgvector "$POSTGRES_VERSION"; }; then
            POSTGRES_VERSION=$version
        fi
    done
    POSTGRES_BIN=/usr/lib/postgresql/$POSTGRES_VERSION/bin
    [[ -n $POSTGRES_VERSION ]]
}

# Which version the system's packages offer.
choose_postgres() {
    local wanted=$1
    POSTGRES_VERSION=${wanted:-$(LC_ALL=C apt-cache depends postgresql 2>/dev/null | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p')}
    POSTGRES_BIN=/usr/lib/postgresql/$POSTGRES_VERSION/bin
    if [[ -n $wanted && -z $(candidate "postgresql-$wanted") ]]; then
        fail "The data folder was made by PostgreSQL $wanted, which is neither installed nor offered by this system's packages." \
            "Install it, or give another folder with --data."
    fi
    if ((${POSTGRES_VERSION:-0} < OLDEST_POSTGRES)); then
        fail "Freehold needs PostgreSQL $OLDEST_POSTGRES or newer; this system's packages offer ${POSTGRES_VERSION:-none}."
    fi
}

# candidate PACKAGE: the version that apt would install, or nothing.
candidate() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)$/\1/p'
}

ask_an_administrator() {
    local wanted=$1 packages=() setup
    printf -v setup '    %q' "$SCRIPTS/setup.sh"
    # Without package lists there is nothing to choose from: that script reads them.
    if [[ -n $POSTGRES_VERSION || -n $(candidate postgresql) ]]; then
        [[ -n $POSTGRES_VERSION ]] || { choose_postgres "$wanted" && packages=("postgresql-$POSTGRES_VERSION"); }
        if pgvector_is_offered "$POSTGRES_VERSION"; then
            packages+=("postgresql-$POSTGRES_VERSION-pgvector")
            setup=
        else
            packages+=("postgresql-server-dev-$POSTGRES_VERSION" "${COMPILER_PACKAGES[@]}")
            setup+="    # builds pgvector from Debian's source package and installs it"
        fi
    fi
    fail "PostgreSQL with pgvector is missing, and installing it needs an administrator, by:" \
        "    apt-get update" \
        ${packages[@]:+"    apt-get install --no-install-recommends ${packages[*]}"} \
        ${setup:+"$setup"}
}

# Sets PGBOUNCER, the path of the pooler that some tests go through; to nothing where it is not there and cannot be installed
# without asking anybody, since all others do without.
setup_pgbouncer() {
    PGBOUNCER=/usr/sbin/pgbouncer
    if [[ ! -x $PGBOUNCER ]] && command -v apt-get >/dev/null && can_be_root </dev/null; then
        whole_step "Installing PgBouncer" as_root "$SCRIPTS/install-pgbouncer.sh" || true
    fi
    [[ -x $PGBOUNCER ]] || PGBOUNCER=
}

# pdftotext, to compare with.
setup_poppler() {
    command -v pdftotext >/dev/null && return
    command -v apt-get >/dev/null && can_be_root ||
        fail "To measure how PDFs are read, pdftotext is needed, which the package poppler-utils has. Installing it needs an administrator."
    whole_step "Reading the package lists" as_root "$SCRIPTS/apt-get.sh" update
    whole_step "Installing poppler-utils" install_packages poppler-utils
}

install_packages() {
    as_root "$SCRIPTS/apt-get.sh" install --no-install-recommends "$@"
}

# Sets AZURITE, the path of the emulator's executable.
setup_azurite() {
    local folder=$SCRIPTS/azurite
    AZURITE=$folder/node_modules/.bin/azurite
    if azurite_is_installed; then
        return
    fi
    node_is_new_enough || fail "The storage emulator, Azurite, needs Node.js $OLDEST_NODE or newer, with npm."
    step "Installing Azurite" locked "$folder/package-lock.json" install_azurite
}

azurite_is_installed() {
    [[ -x $AZURITE ]] && cmp -s "$SCRIPTS/azurite/package-lock.json" "$SCRIPTS/azurite/node_modules/.installed-lock"
}

node_is_new_enough() {
    local version
    command -v npm >/dev/null && version=$(node --version) && version=${version#v} && ((${version%%.*} >= OLDEST_NODE))
}

install_azurite() {
    # Another script may have done it while this one waited for the lock.
    azurite_is_installed ||
        { cd "$SCRIPTS/azurite" &&
            npm ci --no-audit --no-fund --no-update-notifier &&
            cp package-lock.json node_modules/.installed-lock; }
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    STEP_LOG=$(mktemp)
    setup_postgres ''
    rm "$STEP_LOG"
    printf 'PostgreSQL %s with pgvector is installed.\n' "$POSTGRES_VERSION"
fi
