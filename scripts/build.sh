# shellcheck shell=bash
# Builds what ./run starts, unless it is built already. Sourced after setup.sh.

ROOT=$(dirname "$SCRIPTS")
readonly HOST_OUTPUT=$ROOT/src/LocalHost/bin/Release/net10.0
readonly DEMO_DLL=$ROOT/demo/bin/Release/net10.0/Demo.dll
# One build at a time in a clone. Not a file that the build reads: .NET locks what it opens in the same way.
readonly BUILD_LOCK=$SCRIPTS/build.sh
readonly BUILT=$ROOT/src/LocalHost/obj/built-by-run

# No build servers: one would live on after the script, and hold on to its output and locks.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

require_dotnet() {
    command -v dotnet >/dev/null || fail "Freehold needs the .NET SDK that global.json names, and there is no dotnet on the PATH."
}

build_host() {
    is_built || step "Building" locked "$BUILD_LOCK" build_if_needed
}

build_if_needed() {
    is_built && return
    # Taken before the build: what is edited meanwhile is built next time.
    local sources
    sources=$(fingerprint) && build src/LocalHost || return
    [[ ! -f $ROOT/demo/Demo.csproj ]] || build demo || return
    printf '%s\n' "$sources" >"$BUILT"
}

build() {
    # From the root, where global.json says which SDK.
    (cd "$ROOT" && dotnet build "$1" --configuration Release --nologo -v quiet -clp:ErrorsOnly)
}

# MSBuild needs seconds to find out that there is nothing to do; this, milliseconds.
is_built() {
    [[ -f $HOST_OUTPUT/Freehold.LocalHost.dll && -f $BUILT ]] &&
        [[ ! -f $ROOT/demo/Demo.csproj || -f $DEMO_DLL ]] &&
        [[ $(<"$BUILT") == "$(fingerprint)" ]]
}

fingerprint() {
    local folders=(src)
    [[ ! -d $ROOT/demo ]] || folders+=(demo)
    (
        cd "$ROOT" &&
            { find . -maxdepth 1 -type f ! -name '*.md' -printf '%p %T@ %s\n' &&
                find "${folders[@]}" \( -name bin -o -name obj \) -prune -o -type f -printf '%p %T@ %s\n'; } |
            sort | sha256sum
    )
}
