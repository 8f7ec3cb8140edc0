"""Names of LangChain 0.x that no package has in 1.x under their name and meaning."""

from __future__ import annotations

from collections.abc import Mapping

from tools.migrate.langchain.names import BOTH, flat

# Module of 0.x -> what comes nearest -> names.
_GONE: Mapping[str, Mapping[str, str]] = {
    "callbacks": {"tracing_v2_enabled of langchain_core.tracers.context": "tracing_enabled"},
    "chains": {
        "create_neptune_opencypher_qa_chain of langchain_aws": "NeptuneOpenCypherQAChain",
        "create_neptune_sparql_qa_chain of langchain_aws": "NeptuneSparqlQAChain",
    },
    "chat_models": {
        "ChatBedrock of langchain_aws": "BedrockChat",
        "ChatCloudflareWorkersAI of langchain_cloudflare": "ChatCloudflareWorkersAI",
        "ChatDatabricks of databricks_langchain": "ChatDatabricks",
        "ChatHuggingFace of langchain_huggingface; a pipeline in it needs torch": "ChatHuggingFace",
        "ChatSambaNova of langchain_sambanova": "ChatSambaNovaCloud ChatSambaStudio",
        "ChatUpstage of langchain_upstage": "SolarChat",
        "GigaChat of langchain_gigachat": "GigaChat",
    },
    "llms": {"ChatBaseten of langchain_baseten": "Baseten"},
    "prompts": {
        "ChatPromptTemplate, or formatting the parts one after the other": "PipelinePromptTemplate",
    },
    "retrievers": {"QdrantVectorStore of langchain_qdrant": "QdrantSparseVectorRetriever"},
    "utilities": {"OracleSummary of langchain_oracledb": "OracleSummary"},
    "utils.function_calling": {
        "convert_to_openai_function": "convert_pydantic_to_openai_function"
        " convert_python_function_to_openai_function format_tool_to_openai_function",
        "convert_to_openai_tool": "convert_pydantic_to_openai_tool format_tool_to_openai_tool",
    },
    "vectorstores": {
        "DatabricksVectorSearch of databricks_langchain": "DatabricksVectorSearch",
        "DeeplakeVectorStore of langchain_deeplake": "DeepLake",
        "HanaDB of langchain_hana": "HanaDB",
        "OracleVS of langchain_oracledb": "OracleVS",
        "VDMS of langchain_vdms": "VDMS",
        "VectorSearchVectorStore of langchain_google_vertexai": "MatchingEngine",
        "WeaviateVectorStore of langchain_weaviate, with version 4 of the client": "Weaviate",
        "another vector store": "Tigris",
    },
}

# Qualified name of 0.x -> what comes nearest to it.
GONE: Mapping[str, str] = flat(_GONE, *BOTH, "langchain_core.")
