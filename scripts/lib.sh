# What the scripts share: looking for what they need, and installing what is missing. Sourced, not run.
# POSIX shell; `set -eu` is the caller's.
# shellcheck shell=sh

say() {
    printf '%s\n' "$*" >&2
}

# The packages to install and, in the same order, what for.
missing=
missing_lines=

# need PACKAGE WHAT-FOR: notes a package of Debian's that is missing.
need() {
    case " $missing " in
        *" $1 "*) return 0 ;;
    esac
    missing="$missing $1"
    missing_lines="$missing_lines
  $1: $2"
}

has_command() {
    command -v "$1" >/dev/null 2>&1
}

# has_library SONAME: whether the dynamic linker finds it.
has_library() {
    for ldconfig in ldconfig /sbin/ldconfig /usr/sbin/ldconfig; do
        if has_command "$ldconfig"; then
            # Not `grep -q`: it would close the pipe on a linker that still writes.
            "$ldconfig" -p 2>/dev/null | grep -F "$1 " >/dev/null && return 0
        fi
    done
    for folder in /lib /usr/lib /usr/lib64 /usr/local/lib /lib/*-linux-* /usr/lib/*-linux-*; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}

# has_heif_plugin NAME: whether libheif finds that decoder of its.
has_heif_plugin() {
    for folder in /usr/lib/*-linux-*/libheif/plugins /usr/local/lib/libheif; do
        [ -e "$folder/libheif-$1.so" ] && return 0
    done
    return 1
}

# Prints the description files of installed Vulkan drivers, one a line.
vulkan_drivers() {
    for folder in /usr/share/vulkan /etc/vulkan /usr/local/share/vulkan /usr/local/etc/vulkan \
        "${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}/vulkan"; do
        for driver in "$folder"/icd.d/*.json; do
            if [ -e "$driver" ]; then
                printf '%s\n' "$driver"
            fi
        done
    done
}

# Prints the description file of Mesa's software driver, if it is installed.
software_driver() {
    vulkan_drivers | grep '/lvp_icd' | head -n 1
}

has_gpu() {
    for device in /dev/dri/renderD* /dev/nvidia[0-9]* /dev/dxg; do
        [ -e "$device" ] && return 0
    done
    return 1
}

# Whether a window can be opened: the variables may be left over from a session that is gone.
has_display() {
    if ! is_linux; then
        return 0
    fi
    case "${WAYLAND_DISPLAY:-}" in
        '') ;;
        /*) [ -S "$WAYLAND_DISPLAY" ] && return 0 ;;
        *) [ -S "${XDG_RUNTIME_DIR:-/nonexistent}/$WAYLAND_DISPLAY" ] && return 0 ;;
    esac
    case "${DISPLAY:-}" in
        '') return 1 ;;
        :*)
            socket=${DISPLAY#:}
            socket=/tmp/.X11-unix/X${socket%%.*}
            # The second place lists sockets without a file too.
            [ -S "$socket" ] || grep -q "@$socket\$" /proc/net/unix 2>/dev/null
            ;;
        # Over the network: only trying tells.
        *) return 0 ;;
    esac
}

is_linux() {
    [ "$(uname -s)" = Linux ]
}

is_macos() {
    [ "$(uname -s)" = Darwin ]
}

# Notes what building takes.
need_build() {
    is_linux || is_macos || return 0
    has_command cc || need build-essential "a linker, which Rust calls as cc"
    if is_linux; then
        has_command pkg-config || need pkg-config "how the build finds libudev"
        pkg-config --exists libudev 2>/dev/null || need libudev-dev "gamepads, which move the points of a mapping"
    fi
}

# Notes what drawing takes, on a graphics card or without one.
need_vulkan() {
    is_linux || return 0
    has_library libvulkan.so.1 || need libvulkan1 "the Vulkan loader"
    [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}$(vulkan_drivers)" ] || need mesa-vulkan-drivers "a Vulkan driver for this machine, with or without a graphics card"
}

# Notes what a window takes: the libraries that winit opens when it runs.
need_window() {
    is_linux || return 0
    if [ -n "${DISPLAY:-}" ]; then
        need_x11
    fi
    if [ -n "${WAYLAND_DISPLAY:-}" ]; then
        has_library libwayland-client.so.0 || need libwayland-client0 "a window under Wayland"
        has_library libxkbcommon.so.0 || need libxkbcommon0 "the keyboard under Wayland"
    fi
}

need_x11() {
    has_library libX11.so.6 || need libx11-6 "a window under X11"
    has_library libX11-xcb.so.1 || need libx11-xcb1 "a window under X11"
    has_library libXcursor.so.1 || need libxcursor1 "the cursor under X11"
    has_library libXi.so.6 || need libxi6 "input under X11"
    has_library libxkbcommon.so.0 || need libxkbcommon0 "the keyboard under X11"
    has_library libxkbcommon-x11.so.0 || need libxkbcommon-x11-0 "the keyboard under X11"
}

need_ffmpeg() {
    has_command ffmpeg || need ffmpeg "films"
}

# Notes a browser that the tests of the telephone's page can drive, where the system has one as a package, as Debian does: Ubuntu has it
# as a snap, which no test can start, and that test then says that it was not tried.
need_browser() {
    for browser in chromium chromium-browser chromium-headless-shell google-chrome google-chrome-stable; do
        ! has_command "$browser" || return 0
    done
    ! grep -q '^ID=debian' /etc/os-release 2>/dev/null || need chromium "a browser, for the tests of the telephone's page"
}

# Installs what was noted. Where that cannot be done, says what to install and goes on: it may be there under another
# name, and what really needs it will say so.
install_missing() {
    [ -n "$missing" ] || return 0
    if is_linux && has_command apt-get; then
        say "installing with apt-get:$missing_lines"
        as_root=
        if [ "$(id -u)" -ne 0 ]; then
            if ! has_command sudo; then
                say "this needs the rights of root, and there is no sudo: run  apt-get install$missing  as root, then try again"
                exit 1
            fi
            as_root=sudo
        fi
        # The package lists of a fresh machine or container are empty or old; those of a good one may do.
        # shellcheck disable=SC2086 # words on purpose: the packages
        if ! apt_install $missing >/dev/null 2>&1; then
            # One source of packages that does not answer need not stop the others.
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >&2 || say "apt-get update failed; trying all the same"
            # shellcheck disable=SC2086
            apt_install $missing >&2
        fi
        return 0
    fi
    say "this seems to be missing (names of Debian's packages):$missing_lines"
    if is_macos; then
        say "macOS: xcode-select --install  for the linker; brew install ffmpeg  for films; brew install libheif  for HEIC and AVIF. Metal needs nothing else."
    elif has_command dnf; then
        say "Fedora: sudo dnf install gcc pkgconf systemd-devel mesa-vulkan-drivers vulkan-loader ffmpeg-free libheif libX11 libX11-xcb libXcursor libXi libxkbcommon libxkbcommon-x11 libwayland-client xorg-x11-server-Xvfb xorg-x11-server-Xorg xorg-x11-drv-dummy xrandr xdotool openbox; for HEIC libheif-freeworld of RPM Fusion"
    elif has_command pacman; then
        say "Arch: sudo pacman -S --needed base-devel pkgconf systemd-libs vulkan-icd-loader vulkan-swrast ffmpeg libheif libde265 dav1d libx11 libxcursor libxi libxkbcommon libxkbcommon-x11 wayland xorg-server-xvfb xorg-server xf86-video-dummy xorg-xrandr xdotool openbox"
    elif ! is_linux; then
        say "Windows: the Visual Studio Build Tools with C++ for the linker; winget install Gyan.FFmpeg  for films; heif.dll on the PATH for HEIC and AVIF. Direct3D needs nothing else."
    fi
    say "going on: what is needed and not there will say so"
}

# Installs libheif, which reads the photographs of telephones. Where that cannot be done, goes on: the wall plays without,
# and each photograph that needs it will say so.
install_heif() {
    is_linux || return 0
    missing=
    missing_lines=
    has_library libheif.so.1 || need libheif1 "photographs in HEIC and AVIF"
    (install_missing) || :
    # Newer distributions have its decoders as packages of their own, which a fresh machine knows only now.
    missing=
    missing_lines=
    if has_command apt-cache && [ -n "$(apt-cache --quiet=2 show libheif-plugin-libde265 2>/dev/null)" ]; then
        has_heif_plugin libde265 || need libheif-plugin-libde265 "photographs in HEIC"
        has_heif_plugin dav1d || has_heif_plugin aomdec || need libheif-plugin-dav1d "photographs in AVIF"
    fi
    (install_missing) || :
    has_library libheif.so.1 || say "going on without libheif: photographs in HEIC and AVIF cannot be read"
}

apt_install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
}

# Ends the script where there is no Rust.
require_rust() {
    # A login shell knows rustup's folder; a service or a cleared environment may not.
    if ! has_command cargo && [ -x "${CARGO_HOME:-${HOME:-/nonexistent}/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    if ! has_command cargo; then
        say "Rust is not installed. Get it from https://rustup.rs:"
        say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
        say "then open a new terminal and try again."
        exit 1
    fi
}

# A folder for sockets, where the session gives none: drivers complain without one. It goes when the script ends.
give_runtime_folder() {
    if is_linux && [ -z "${XDG_RUNTIME_DIR:-}" ]; then
        XDG_RUNTIME_DIR=$(mktemp -d)
        export XDG_RUNTIME_DIR
        trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
    fi
}
