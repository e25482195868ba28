"""What a server says of itself: health, models, metrics."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from colorizing_things.model.card import Card
from colorizing_things.model.catalog import list_models

from .dependencies import AppStateDep
from .errors import error_responses
from .schema import Health, Model, Models
from .words import known_words_only

router = APIRouter(tags=["the server"], responses=error_responses())


@router.get("/healthz")
async def health() -> Health:
    """Whether the server is up."""
    return Health()


@router.get("/v1/models", dependencies=[Depends(known_words_only)], responses=error_responses(422))
async def models(state: AppStateDep) -> Models:
    """The bundled models, and the one that this server colours with."""
    card = state.colorizer.card
    cards = {known.name: known for known in [*list_models(), card]}
    return Models(current=card.name, models=[_model(known) for known in cards.values()])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(state: AppStateDep) -> Response:
    """For Prometheus: requests, latency, queue, sessions, memory."""
    return Response(generate_latest(state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _model(card: Card) -> Model:
    return Model(
        name=card.name,
        summary=card.summary,
        method=card.method,
        parameters=card.parameters,
        licence=card.licence,
        default_size=card.default_size,
        can=list(card.abilities),
        training=card.training,
        scores=card.scores,
        intended_use=card.intended_use,
        known_failures=card.known_failures,
    )
