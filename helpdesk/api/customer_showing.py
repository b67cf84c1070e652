"""What is shown of customers beside their profile: their addresses, and what shops know of them."""

from typing import Any, Final

from sqlalchemy import bindparam, select

from audit.rest.shapes import write_moment
from helpdesk.api.ticket_shapes import ChannelShown
from helpdesk.models import Customer, CustomerChannel, Integration, ShopOrder
from helpdesk.sessions import session_of

MOST_ORDERS: Final = 50

# Asked for every customer that is shown alone: written once, for making a statement takes longer than answering it.
_ORDERS: Final = (
    select(ShopOrder, Integration.type)
    .join(Integration, Integration.id == ShopOrder.integration_id)
    .where(ShopOrder.account_id == bindparam("account"), ShopOrder.customer_id == bindparam("customer"))
    .order_by(ShopOrder.id.desc())
    .limit(MOST_ORDERS)
    .execution_options(account_checked=True)  # it names the account itself
)


def channel_shown(channel: CustomerChannel, customer: Customer) -> ChannelShown:
    """An address; the live API names its customer twice."""
    whose = {"id": customer.id, "name": customer.name}
    return ChannelShown(
        id=channel.id,
        type=channel.type,
        address=channel.address,
        preferred=channel.preferred,
        created_datetime=channel.created_datetime,
        updated_datetime=channel.updated_datetime,
        deleted_datetime=channel.deleted_datetime,
        user=whose,
        customer=whose,
    )


def integrations(customer: Customer) -> dict[str, Any]:
    """What other systems know of a customer, by the number of the integration: their newest orders in each shop."""
    known: dict[str, Any] = {}
    asked = {"account": customer.account_id, "customer": customer.id}
    for order, type_ in session_of(customer).execute(_ORDERS, asked):
        shop = known.setdefault(str(order.integration_id), {"__integration_type__": type_, "orders": []})
        shop["orders"].append(_order(order))
    return known


def shops_of(customer: Customer) -> set[int]:
    """The numbers of the shops in which a customer has ordered."""
    mine = ShopOrder.account_id == customer.account_id, ShopOrder.customer_id == customer.id
    return set(session_of(customer).scalars(select(ShopOrder.integration_id).where(*mine).distinct()))


def _order(order: ShopOrder) -> dict[str, Any]:
    moments = ("created_datetime", "cancelled_datetime", "refunded_datetime")
    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "amount_cents": order.amount_cents,
        "currency": order.currency,
        "items": [{name: item.get(name) for name in ("name", "quantity", "price_cents")} for item in order.items],
        **{name: write_moment(at) if (at := getattr(order, name)) is not None else None for name in moments},
    }
