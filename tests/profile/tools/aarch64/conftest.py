import io
import tarfile

import pytest


@pytest.fixture
def package(tmp_path):
    """Writes a Debian package of files, links and folders: name -> content, ``-> link`` or None."""

    def make(files, name="small_1_arm64.deb", compression="xz", member="data.tar.xz"):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode=f"w:{compression}") as archive:
            for place, content in files.items():
                info = tarfile.TarInfo(place)
                if content is None:
                    info.type = tarfile.DIRTYPE
                    archive.addfile(info)
                elif isinstance(content, str):
                    info.type, info.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
                    archive.addfile(info)
                else:
                    info.size = len(content)
                    info.mode = 0o755 if place.endswith("python3.11") else 0o600
                    archive.addfile(info, io.BytesIO(content))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"!<arch>\n" + _member("debian-binary", b"2.0\n") + _member(member, packed.getvalue())
        )
        return path

    return make


def _member(name, content):
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}".encode() + b"`\n"
    return header + content + b"\n" * (len(content) % 2)
