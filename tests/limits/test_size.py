from __future__ import annotations

from tools.limits.size import size_mib


def test_size_counts_files_and_not_what_links_lead_to(tmp_path):
    (tmp_path / "app/below").mkdir(parents=True)
    (tmp_path / "large").write_bytes(bytes(3 * 2**20))
    (tmp_path / "app/below/data").write_bytes(bytes(2**20))
    (tmp_path / "app/link").symlink_to(tmp_path / "large")
    (tmp_path / "app/nowhere").symlink_to(tmp_path / "none")
    assert round(size_mib(tmp_path / "app"), 2) == 1.0
