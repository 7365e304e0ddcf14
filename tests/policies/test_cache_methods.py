"""Cached methods: they are still methods to whoever asks."""

import asyncio
import inspect
import weakref

from resilience import Cache, Retry


class Shop:
    @Cache(ttl=30)
    def price(self, item):
        """What it costs."""
        return item, id(self)

    @Cache(ttl=30)
    async def stock(self, item):
        return item

    async def orders(self, day):
        return day


def test_a_bound_cached_method_is_like_a_bound_method():
    """Equal and hashed by function and instance, whatever the instance says of itself; its own text; weakly held."""
    shop, other = Shop(), Shop()
    assert shop.price == shop.price
    assert {shop.price, shop.price} == {shop.price}
    assert shop.price != other.price
    assert shop.price != shop.stock
    assert shop.price != 5
    assert (shop.price.__self__, shop.price.__func__, inspect.getdoc(shop.price)) == (
        shop,
        Shop.price,
        "What it costs.",
    )
    held = weakref.WeakMethod(shop.price)
    assert held()("tea") == shop.price("tea")
    del shop
    assert held() is None


def test_a_bound_cached_method_has_the_signature_of_a_bound_method():
    """Without self: who reads it passes no self, such as another cache around it."""
    shop = Shop()
    assert str(inspect.signature(shop.price)) == str(inspect.signature(shop.stock)) == "(item)"
    assert str(inspect.signature(Retry()(shop.price))) == "(item)"
    assert Cache(ttl=30)(shop.price)("tea") == Cache(ttl=30).call(shop.price, item="tea") == ("tea", id(shop))


def test_a_cached_coroutine_method_is_known_as_one():
    """To another decorator in the class, and where a bound method is guarded."""
    for function in (Shop.stock, Shop().stock, vars(Shop)["stock"], Retry()(vars(Shop)["stock"])):
        assert inspect.iscoroutinefunction(function)
    assert not inspect.iscoroutinefunction(vars(Shop)["price"])
    assert str(inspect.signature(vars(Shop)["stock"])) == "(self, item)"
    guarded = Cache(ttl=30)(Shop().orders)
    assert inspect.iscoroutinefunction(guarded)
    assert asyncio.run(guarded("today")) == "today"
    assert guarded.invalidate("today") is True
