"""Customers' addresses as they are shown."""

from helpdesk.api.ticket_shapes import ChannelShown
from helpdesk.models import Customer, CustomerChannel


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
