"""What a class that opens the link at once has to load."""


def test_code_comes_packed(page):
    page.open("rope").fits()
    sizes = page.page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js')).map(one => "
        "[one.encodedBodySize, one.decodedBodySize])"
    )
    sent, read = map(sum, zip(*sizes, strict=True))
    assert len(sizes) > 50 and read > 5e6  # Plotly is among them
    assert sent < 0.4 * read
