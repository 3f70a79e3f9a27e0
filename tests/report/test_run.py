"""A run is read as the stages before have written it."""

import json

from headswap.report.run import read_run
from headswap.report.stage import write_report
from tests.report.conftest import section, write_run


def test_a_run_is_read_and_its_page_written(tmp_path, sections):
    folders = write_run(tmp_path)
    run = read_run(*folders)
    assert [each.row for each in run.answers["kind"]] == [8, 9, 10, 11]
    assert [each.is_wrong for each in run.answers["kind"]] == [False, True] * 2
    told = {each.told for each in run.answers["tags"]}
    assert told == {"night 20.0 %, of 2.0 % needed"}
    assert run.num_wrong == 4
    assert run.primary("kind") == "f1"
    assert run.primary("tags") == "mean_average_precision"

    inputs, page = tmp_path / "report.json", tmp_path / "report" / "report.html"
    inputs.write_text(json.dumps({"libraries": {"numpy": "2.0"}}))
    write_report(sections, inputs, *folders, page)
    text = page.read_text(encoding="utf-8")
    assert "dog" in section(text, "wrong")
    assert "2.0" in section(text, "ran")
