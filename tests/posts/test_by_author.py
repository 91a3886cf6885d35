"""/posts/by/USER/: the posts that one user has published."""


def test_author_page_shows_only_published_posts_by_the_author(guest, alice, draft, published):
    answer = guest.get(f"/posts/by/{alice.id}/")
    assert [post.id for post in answer.context["page"].items] == [published.id]
    assert answer.context["author_name"] == "Alice"


def test_author_without_published_posts_has_no_page(guest, bob, alice, draft):
    assert guest.get(f"/posts/by/{bob.id}/").status_code == 404
    assert guest.get(f"/posts/by/{alice.id}/").status_code == 404
    assert guest.get("/posts/by/nobody/").status_code == 404
