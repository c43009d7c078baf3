"""Who may include what: layers, containment of third-party libraries, the order of includes."""
import re


def folder_of(name):
    """The room of a file: "common/base", "services/queue"."""
    return "/".join(name.split("/")[:2])


def includes(lines):
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def includes_go_down(tree):
    layers = tree.tables.layers
    for name, lines in tree.product_cpp():
        here = folder_of(name)
        allowed = layers.get(here, set(layers) if name.startswith("services/") else set())
        for number, kind, target in includes(lines):
            there = folder_of(target)
            if kind == '"' and there != here and there not in allowed:
                yield name, number, f"{here} must not include {target}"


def includes_are_from_the_root(tree):
    for name, lines in tree.cpp():
        for number, kind, target in includes(lines):
            if kind == '"' and not (tree.root / target).is_file():
                yield name, number, f'"{target}" is not a path from the root'


def own_header_comes_first(tree):
    """The build then proves that the header compiles alone."""
    headers = set(tree.ending(".hpp"))
    for name, lines in tree.cpp():
        own = name.removesuffix(".cpp") + ".hpp"
        if own == name or own not in headers:
            continue
        first = next(includes(lines), (1, "", ""))
        if first[2] != own:
            yield name, first[0], f'"{own}" is included first'


def third_parties_are_contained(tree):
    for name, lines in tree.product_cpp():
        for number, kind, target in includes(lines):
            if kind != "<":
                continue
            for pattern, folders in tree.tables.contained.items():
                if not re.match(pattern, target):
                    continue
                if not any(name.startswith(folder + "/") for folder in folders):
                    yield name, number, f"<{target}> belongs to {', '.join(sorted(folders))}"
                elif name.endswith(".hpp"):
                    yield name, number, f"<{target}> must stay out of headers"


RULES = [includes_go_down, includes_are_from_the_root, own_header_comes_first, third_parties_are_contained]
