"""The page that `dvc plots` fills, with all that draws in it: it needs no network.

DVC's own page loads Vega from elsewhere. This one holds Vega, Vega-Lite and Vega-Embed
(BSD-3-Clause) as the package `vl-convert-python` brings them; it is too large for git,
so `make repro` writes it, and the setting that names it goes to `.dvc/config.local`:
without either, DVC's own page is what there is.
"""

import re
import sys
from pathlib import Path

from headswap.use import dvc

PAGE = "plots_page.html"
# Of the versions the package has, the one of the templates in .dvc/plots.
VEGA_LITE = "5.21"
# DVC's plots call it by this name.
_PUBLIC = "window.vegaEmbed = vegaEmbed;"
_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plots</title>
<style>
body {{ margin: 2rem; font: 1rem/1.6 system-ui, sans-serif; color: #1f2328; }}
img {{ max-width: 100%; }}
body > div {{ overflow-x: auto; margin-bottom: 3rem; }}
</style>
<script>
(function () {{
{bundle}
}})();
</script>
{{refresh_tag}}
</head>
<body>
{{plot_divs}}
</body>
</html>
"""


def write_page(folder: Path) -> None:
    """Write the page and have DVC use it.

    Args:
        folder: of the project.
    """
    # It takes 100 MB, for this one thing.
    import vl_convert

    bundle = vl_convert.javascript_bundle(_PUBLIC, VEGA_LITE)
    # What would end the script, as a text in it, says the same so.
    bundle = re.sub("</(?=script)", r"<\\/", bundle, flags=re.IGNORECASE)
    page = _TEMPLATE.format(bundle=bundle)
    file = folder / ".dvc" / PAGE
    file.write_text(page, encoding="utf-8")
    dvc.demand(folder, "dvc", "config", "--local", "plots.html_template", PAGE)
    print(f"{file}: {len(page) / 1e6:.1f} MB; `dvc plots show` needs no network")


if __name__ == "__main__":
    write_page(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
