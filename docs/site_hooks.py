"""What MkDocs does on the way: pages made of the files at the root, and links that leave ``docs/``.

The Markdown files stay as the repository shows them; here their links are turned to pages, or to the repository.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
}
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
ROLE = re.compile(r":(?:class|func|meth|attr|data|mod):<code>[.~]?([^<]*)</code>")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made of files outside of ``docs/``."""
    for source, page in PAGES.items():
        text = turned((ROOT / source).read_text("utf-8"), source, config["repo_url"])
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Turn the links of the pages in ``docs/``."""
    if page.file.src_uri in PAGES.values():
        return markdown
    return turned(markdown, f"docs/{page.file.src_uri}", config["repo_url"])


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings refer to names as Sphinx writes them; here the name is enough."""
    return ROLE.sub(r"<code>\1</code>", html)


def turned(markdown: str, source: str, repository: str) -> str:
    """Links of one of the repository's files, as a page of the site needs them."""

    folder = posixpath.dirname(PAGES.get(source, source.removeprefix("docs/"))) or "."

    def turn(found: re.Match[str]) -> str:
        opening, target, anchor, closing = found.groups(default="")
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path in PAGES:
            target = posixpath.relpath(PAGES[path], folder)
        elif path.startswith("docs/"):
            target = posixpath.relpath(path.removeprefix("docs/"), folder)
        else:
            kind = "blob" if (ROOT / path).is_file() else "tree"
            target = f"{repository}/{kind}/main/{path}"
        return f"{opening}{target}{anchor}{closing}"

    return LINK.sub(turn, markdown)
