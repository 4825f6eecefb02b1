"""Which room of rbench imports which, drawn from the files.

    python benchmarks/import_graph.py [--write]

Prints the graph that stands in docs/design.md, in Mermaid's words; ``--write`` puts it there. An
arrow says "imports", inside functions too, but not for a type checker alone. What other arrows say
already is left out, so who stands above knows all that it leads to.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from rbench.system.closure import imported

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "rbench": [ROOT / "rbench"],
    "rbench_encoders": [ROOT / "encoders"],
    "rbench_reports": [ROOT / "reports"],
}
PAGE = ROOT / "docs" / "design.md"
PLACE = re.compile(r"(?<=```mermaid\n).*?(?=```\n)", re.DOTALL)


def main() -> None:
    """Print the graph, or write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="into docs/design.md")
    if parser.parse_args().write:
        PAGE.write_text(PLACE.sub(lambda _: drawn(), PAGE.read_text("utf-8"), count=1), "utf-8")
    else:
        print(drawn(), end="")


def drawn() -> str:
    """The graph in Mermaid's words."""
    rooms = reduced(graph())
    lines = [f"    {room} --> {other}" for room in sorted(rooms) for other in sorted(rooms[room])]
    return "\n".join(["flowchart TD", *lines]) + "\n"


def graph() -> dict[str, set[str]]:
    """Room -> the rooms that its modules import from. A module beside the rooms is one itself."""
    rooms: dict[str, set[str]] = {}
    for package, (folder,) in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            module = ".".join([package, *(part for part in parts if part != "__init__")])
            room = room_of(module)
            others = {room_of(found) for found in imported(path, module, FOLDERS)}
            rooms.setdefault(room, set()).update(others - {room})
    return rooms


def room_of(module: str) -> str:
    """``rbench.train.windows`` -> ``train``, ``rbench_reports.html`` -> ``reports``."""
    package, *parts = module.split(".")
    return package.removeprefix("rbench_") if package != "rbench" or not parts else parts[0]


def reduced(rooms: dict[str, set[str]]) -> dict[str, set[str]]:
    """Without the arrows that others say already.

    Raises:
        ValueError: a room leads to itself.
    """
    behind: dict[str, set[str]] = {}

    def reach(room: str, way: tuple[str, ...] = ()) -> set[str]:
        if room in way:
            raise ValueError(f"a circle: {' -> '.join([*way, room])}")
        if room not in behind:
            others = rooms.get(room, set())
            behind[room] = others.union(*(reach(other, (*way, room)) for other in others))
        return behind[room]

    return {
        room: {one for one in others if not any(one in reach(other) for other in others)}
        for room, others in rooms.items()
    }


if __name__ == "__main__":
    main()
