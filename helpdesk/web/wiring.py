"""Puts the pages into an application."""

from flask import Flask

from helpdesk.config import Config
from helpdesk.web import (
    account,
    account_life,
    attachments,
    auth,
    cards,
    chatroom,
    customers,
    echo,
    errors,
    formats,
    integrations,
    invitations,
    jobs,
    keys,
    logins,
    macros,
    mailtrap,
    marking,
    notices,
    oauth,
    profile,
    resets,
    rules,
    searches,
    security,
    shell,
    shop_hooks,
    shop_orders,
    sign_up,
    storefront,
    surveys,
    tags,
    teams,
    tickets,
    users,
    views,
    widgets,
)

# These add their routes to the blueprints of tickets, customers, users and views.
from helpdesk.web import bulk_verbs, customer_endings, ticket_endings, ticket_macros, ticket_merging  # noqa: F401  # isort: skip
from helpdesk.web import ticket_talk, ticket_verbs, ticket_why, user_endings, view_lists  # noqa: F401  # isort: skip


def install(app: Flask, config: Config) -> None:
    """The order matters: the host is checked before anybody is recognised."""
    for part in (formats, marking, errors):
        part.install(app)
    security.install(app, config)
    for part in (logins, shell, auth):
        part.install(app)
    for blueprint in (
        auth.blueprint,
        account.blueprint,
        account_life.blueprint,
        surveys.blueprint,
        invitations.blueprint,
        profile.blueprint,
        resets.blueprint,
        sign_up.blueprint,
        users.blueprint,
        shell.blueprint,
        tickets.blueprint,
        attachments.blueprint,
        customers.blueprint,
        tags.blueprint,
        teams.blueprint,
        macros.blueprint,
        rules.blueprint,
        integrations.blueprint,
        widgets.blueprint,
        cards.blueprint,
        shop_orders.blueprint,
        storefront.blueprint,
        shop_hooks.blueprint,
        echo.blueprint,
        notices.blueprint,
        chatroom.blueprint,
        jobs.blueprint,
        keys.blueprint,
        oauth.blueprint,
        mailtrap.blueprint,
        views.blueprint,
        searches.blueprint,
    ):
        app.register_blueprint(blueprint)
