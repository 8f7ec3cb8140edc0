"""Which package an import needs: names that differ, and imports that need one unseen."""

from __future__ import annotations

# Import name -> package on PyPI, where they differ.
PACKAGES = {
    "Crypto": "pycryptodome",
    "Levenshtein": "levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PyPDF2": "pypdf2",
    "bson": "pymongo",
    "corsheaders": "django-cors-headers",
    "decouple": "python-decouple",
    "discord": "discord.py",
    "docx": "python-docx",
    "environ": "django-environ",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "googleapiclient": "google-api-python-client",
    "googlesearch": "googlesearch-python",
    "grpc": "grpcio",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "llama_cpp": "llama-cpp-python",
    "magic": "python-magic",
    "mysql": "mysql-connector-python",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "serpapi": "google-search-results",
    "slugify": "python-slugify",
    "socketio": "python-socketio",
    "speech_recognition": "speechrecognition",
    "telebot": "pytelegrambotapi",
    "telegram": "python-telegram-bot",
    "vertexai": "google-cloud-aiplatform",
    "weaviate": "weaviate-client",
    "youtube_transcript_api": "youtube-transcript-api",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "attr": "attrs",
    "dateutil": "python-dateutil",
    "google.protobuf": "protobuf",
    "pkg_resources": "setuptools",
    "multipart": "python-multipart",
    "charset_normalizer": "charset-normalizer",
    "huggingface_hub": "huggingface-hub",
    "typing_extensions": "typing-extensions",
    "sentence_transformers": "sentence-transformers",
    "langchain_huggingface": "langchain-huggingface",
    "InstructorEmbedding": "instructorembedding",
    "whisper": "openai-whisper",
    "pytorch_lightning": "pytorch-lightning",
    "auto_gptq": "auto-gptq",
    "FlagEmbedding": "flagembedding",
    "colbert": "colbert-ai",
    "faiss": "faiss-cpu",
}

# module, or module:name -> package that it imports only when it is used.
UNSEEN = {
    "fastapi.templating": "jinja2",
    "starlette.templating": "jinja2",
    "fastapi:Form": "python-multipart",
    "fastapi:File": "python-multipart",
    "fastapi:UploadFile": "python-multipart",
    "fastapi.testclient": "httpx",
    "starlette.testclient": "httpx",
    "starlette.middleware.sessions": "itsdangerous",
    "aiohttp_jinja2": "jinja2",
    "quart:render_template": "jinja2",
    "pandas:read_excel": "openpyxl",
    # Of langchain-community 0.4, which does not require it.
    "langchain_community.agent_toolkits.load_tools": "mypy-extensions",
}

# Name imported from any langchain module -> package that it imports only when it is used.
LANGCHAIN = {
    "PyPDFLoader": "pypdf",
    "PyPDFDirectoryLoader": "pypdf",
    "PyMuPDFLoader": "pymupdf",
    "PDFPlumberLoader": "pdfplumber",
    "Docx2txtLoader": "docx2txt",
    "BSHTMLLoader": "beautifulsoup4",
    "WebBaseLoader": "beautifulsoup4",
    "UnstructuredFileLoader": "unstructured",
    "NLTKTextSplitter": "nltk",
    "SpacyTextSplitter": "spacy",
    "FAISS": "faiss-cpu",
    "Chroma": "chromadb",
    "BM25Retriever": "rank-bm25",
    "TFIDFRetriever": "scikit-learn",
    "SVMRetriever": "scikit-learn",
    "KNNRetriever": "scikit-learn",
    "SKLearnVectorStore": "scikit-learn",
    "HuggingFaceHub": "huggingface-hub",
    "HuggingFaceEndpoint": "huggingface-hub",
    "HuggingFaceHubEmbeddings": "huggingface-hub",
    "HuggingFaceEndpointEmbeddings": "huggingface-hub",
    "HuggingFaceTextGenInference": "text-generation",
    "SerpAPIWrapper": "google-search-results",
    "WikipediaAPIWrapper": "wikipedia",
    "YoutubeLoader": "youtube-transcript-api",
    # These load a model in torch.
    "HuggingFacePipeline": "transformers",
    "ChatHuggingFace": "transformers",
    "HuggingFaceEmbeddings": "sentence-transformers",
    "HuggingFaceBgeEmbeddings": "sentence-transformers",
    "HuggingFaceInstructEmbeddings": "instructorembedding",
    "SentenceTransformerEmbeddings": "sentence-transformers",
    "SentenceTransformersTokenTextSplitter": "sentence-transformers",
    "HuggingFaceCrossEncoder": "sentence-transformers",
    "OpenCLIPEmbeddings": "open-clip-torch",
}
TORCH_CLASSES = frozenset(
    name
    for name, package in LANGCHAIN.items()
    if package
    in {"transformers", "sentence-transformers", "instructorembedding", "open-clip-torch"}
)


def is_torch(name: str) -> bool:
    """Whether a package is torch or a part of it that nothing else wants."""
    return name in {
        "torch",
        "torchvision",
        "torchaudio",
        "torchtext",
        "torchdata",
        "functorch",
        "triton",
        "pytorch-triton",
        "xformers",
        "cpuonly",  # of conda
    } or name.startswith(("nvidia-", "cuda-bindings", "cuda-pathfinder", "cuda-toolkit"))


# Listed because of torch or of a model in torch: out as soon as no code that stays imports them.
WITH_TORCH = frozenset(
    [
        "sentence-transformers",
        "transformers",
        "accelerate",
        "safetensors",
        "bitsandbytes",
        "optimum",
        "peft",
        "instructorembedding",
        "langchain-huggingface",
    ]
)


def is_stack(name: str) -> bool:
    """Whether a package is torch, or listed because of it."""
    return is_torch(name) or name in WITH_TORCH


# In a freeze these came with the packages above; in a list written by hand somebody wanted them.
WITH_TORCH_IN_A_FREEZE = frozenset(
    ["scikit-learn", "scipy", "joblib", "threadpoolctl", "cloudpickle", "narwhals"]
    + ["sympy", "mpmath", "networkx", "nltk", "sentencepiece"]
)
# Only there is a wheel: elsewhere the whole installation fails.
WINDOWS_ONLY = frozenset(["pywin32", "pypiwin32", "pywinpty", "pywin32-ctypes", "win32-setctime"])
