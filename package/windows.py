#!/usr/bin/env python3
"""Makes the Windows agent's package, and checks one.

    package/windows.py [--exe FILE] [--out DIR]     make DIR/syncmedic-agent-VERSION-windows-x86_64.zip
    package/windows.py --check ZIP                  look through one, exit code 1 if something is not right

The same files give the same bytes. SHA256SUMS within guards against damage and mix-ups, not against whoever can change the
package: compare the digest of the zip itself, which is printed and lies beside it, with one from elsewhere.
"""

import argparse
import hashlib
import pathlib
import struct
import sys
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXE = "syncmedic-agent.exe"
SUMS = "SHA256SUMS"
# What every Windows Server that Entra Connect runs on has in its system folder, beside its API sets (api-ms-win-…, which hold the
# C runtime too). Not among them: the compilers' own run-time libraries, which would have to be installed first.
OF_WINDOWS = {
    *("advapi32", "bcrypt", "bcryptprimitives", "combase", "crypt32", "kernel32", "ktmw32", "msvcrt", "netapi32", "ntdll"),
    *("ole32", "oleaut32", "psapi", "rpcrt4", "secur32", "shell32", "user32", "userenv", "version", "wevtapi", "ws2_32"),
}
# Zip knows no time before.
DATE = (1980, 1, 1, 0, 0, 0)


def version():
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]


def content(exe):
    """Every file of the package: its name in it, and its bytes."""
    files = {EXE: exe.read_bytes()}
    for name in ["LICENSE-MIT", "LICENSE-APACHE"]:
        files[name] = (ROOT / name).read_bytes()
    for name in ["install.ps1", "README.txt"]:
        # Notepad of older servers wants both, and PowerShell takes either.
        files[name] = (ROOT / "package" / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    files["windows-agent.md"] = (ROOT / "docs" / "windows-agent.md").read_bytes()
    for path in sorted((ROOT / "commands").glob("*/*")):
        # Byte for byte: their digests are in the program.
        files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    files[SUMS] = sums(files)
    return files


def sums(files):
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return "".join(lines).encode()


def make(exe, out):
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"syncmedic-agent-{version()}-windows-x86_64.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, data in sorted(content(exe).items()):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            package.writestr(info, data)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".zip.sha256").write_text(f"{digest}  {path.name}\n")
    print(f"{path}\n  {path.stat().st_size} bytes, sha256 {digest}")
    return path


def is_windows_program(data):
    """A program for 64-bit Windows: its header says so."""
    if data[:2] != b"MZ" or len(data) < 64:
        return False
    (at,) = struct.unpack_from("<I", data, 60)
    return data[at : at + 6] == b"PE\0\0" + struct.pack("<H", 0x8664)


def libraries(data):
    """The libraries that a program needs to start, as its import table names them."""
    (at,) = struct.unpack_from("<I", data, 60)
    (sections,) = struct.unpack_from("<H", data, at + 6)
    (optional,) = struct.unpack_from("<H", data, at + 20)
    (imports,) = struct.unpack_from("<I", data, at + 24 + 112 + 8)
    spans = []
    for number in range(sections):
        size, address, raw, offset = struct.unpack_from("<IIII", data, at + 24 + optional + 40 * number + 8)
        spans.append((address, max(size, raw), offset))

    def place(address):
        return next(address - start + offset for start, size, offset in spans if start <= address < start + size)

    found, entry = set(), place(imports)
    while True:
        (name,) = struct.unpack_from("<I", data, entry + 12)
        if name == 0:
            return found
        begin = place(name)
        found.add(data[begin : data.index(b"\0", begin)].decode("ascii").lower())
        entry += 20


def is_of_windows(library):
    return library.startswith("api-ms-win-") or library.removesuffix(".dll") in OF_WINDOWS


def faults(path):
    """What is not right with a package."""
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        files = {name: package.read(name) for name in names}
    scripts = [p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "commands").glob("*/*"))]
    wanted = {EXE, SUMS, "install.ps1", "README.txt", "windows-agent.md", "LICENSE-MIT", "LICENSE-APACHE", *scripts}
    if set(names) != wanted or len(names) != len(wanted):
        yield f"it holds {sorted(names)}, and should hold {sorted(wanted)}"
        return
    if files.pop(SUMS) != sums(files):
        yield f"{SUMS} does not fit the files"
    if not is_windows_program(files[EXE]):
        yield f"{EXE} is no program for 64-bit Windows"
    elif foreign := sorted(name for name in libraries(files[EXE]) if not is_of_windows(name)):
        yield f"{EXE} needs what a Windows may lack: {', '.join(foreign)} (link the C runtime in: -C target-feature=+crt-static)"
    for name in scripts:
        if files[name] != (ROOT / name).read_bytes():
            yield f"{name} is not the repository's"
    for name in ["install.ps1", "README.txt"]:
        if files[name].count(b"\n") != files[name].count(b"\r\n"):
            yield f"{name} has lines that do not end as Windows' do"
        if not files[name].isascii():
            yield f"{name} is not plain ASCII, which Windows PowerShell reads right whatever the code page"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    release = ROOT / "target" / "x86_64-pc-windows-gnu" / "release" / EXE
    parser.add_argument("--exe", type=pathlib.Path, default=release, help="the agent's program (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target" / "package", help="(default: %(default)s)")
    parser.add_argument("--check", type=pathlib.Path, metavar="ZIP")
    arguments = parser.parse_args()
    if arguments.check is None and not arguments.exe.is_file():
        parser.error(
            f"{arguments.exe} is missing: cargo build --release --locked --no-default-features --features agent "
            "--bin syncmedic-agent --target x86_64-pc-windows-gnu"
        )
    package = arguments.check or make(arguments.exe, arguments.out)
    found = list(faults(package))
    for fault in found:
        print(f"{package}: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
