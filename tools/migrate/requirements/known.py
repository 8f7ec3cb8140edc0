"""Packages of the field whose import has their own name: no other package is meant by it."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from tools.migrate.requirements.distributions import LANGCHAIN, PACKAGES, UNSEEN
from tools.migrate.torch_users import TORCH_MODULES

_NAMES = """
    aiofiles aiogram aiohttp aiosqlite alembic altair annoy anthropic anyio apscheduler arxiv
    assemblyai asyncpg bcrypt boto3 botocore cachetools celery certifi chainlit chardet chromadb
    click cloudinary cohere colorama crewai cryptography ctransformers datasets deep-translator
    deeplake django docx2txt duckduckgo-search edge-tts elasticsearch elevenlabs email-validator
    emoji fastapi fastembed faster-whisper feedparser firebase-admin flask ftfy geopy gevent
    googletrans gradio gradio-client groq gtts gunicorn html2text httpx huggingface-hub hypercorn
    itsdangerous jinja2 joblib jsonschema keras lancedb langchain langdetect langfuse langgraph
    langserve langsmith litellm llama-index loguru lxml mammoth markdown markdownify markupsafe
    marshmallow matplotlib mistralai motor neo4j nest-asyncio networkx newspaper3k nltk numpy
    ollama onnxruntime openai openpyxl orjson pandas passlib pdf2image pdfminer pdfplumber peewee
    pgvector pinecone plotly prometheus-client psutil psycopg pydantic pydantic-settings pydub
    pymilvus pymongo pymupdf pymysql pypdf pypdfium2 pyperclip pytesseract pytest pyttsx3 pytz
    qdrant-client quart rank-bm25 rapidfuzz redis regex replicate requests rich sanic schedule
    scipy seaborn selenium sendgrid sentencepiece sentry-sdk slack-bolt slack-sdk spacy sqlalchemy
    sqlmodel sse-starlette starlette streamlit structlog supabase sympy tabulate tavily tenacity
    tensorflow textblob tiktoken together toml tornado tqdm twilio ujson unstructured uvicorn
    waitress websockets werkzeug whitenoise wikipedia xlrd yfinance
"""
SAME_NAME = frozenset(_NAMES.split())
FAMILIES = re.compile(
    r"(?:langchain|langgraph|llama-index|flask|streamlit|google-cloud)-[a-z0-9-]+"
)


def is_known(module: str, package: str) -> bool:
    """Whether an import is surely served by that package."""
    top = module.partition(".")[0]
    return (
        package in SAME_NAME
        or top in PACKAGES
        or module in PACKAGES
        or top in TORCH_MODULES
        or package in {*UNSEEN.values(), *LANGCHAIN.values()}
        or FAMILIES.fullmatch(canonicalize_name(package)) is not None
    )
