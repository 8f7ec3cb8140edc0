"""Names of LangChain 0.x whose home is not that of their module."""

from __future__ import annotations

from collections.abc import Mapping

# Module of 0.x -> module of 1.x -> names.
_MOVED: Mapping[str, Mapping[str, str]] = {
    "langchain": {
        "langchain_core.prompts": "BasePromptTemplate FewShotPromptTemplate PromptTemplate",
        "langchain_classic.prompts": "Prompt",
        "langchain_openai": "AzureOpenAI OpenAI",
        "langchain_community.llms": "Anthropic Banana CerebriumAI Cohere ForefrontAI GooseAI"
        " HuggingFaceHub HuggingFacePipeline HuggingFaceTextGenInference LlamaCpp Modal Petals"
        " PipelineAI SagemakerEndpoint StochasticAI Writer",
        "langchain_community.utilities": "ArxivAPIWrapper GoldenQueryAPIWrapper"
        " GoogleSerperAPIWrapper PowerBIDataset SQLDatabase SearxSearchWrapper SerpAPIWrapper"
        " WikipediaAPIWrapper WolframAlphaAPIWrapper",
        "langchain_community.vectorstores": "ElasticVectorSearch FAISS",
        "langchain_community.docstore": "InMemoryDocstore Wikipedia",
        "langchain_google_community": "GoogleSearchAPIWrapper",
        "langchain_experimental.llm_bash.base": "LLMBashChain",
        "langchain_experimental.pal_chain": "PALChain",
        "langchain_experimental.sql": "SQLDatabaseChain SQLDatabaseSequentialChain",
    },
    "langchain.agents": {
        "langchain_core.tools": "Tool tool",
        "langchain_community.agent_toolkits": "create_json_agent create_openapi_agent"
        " create_pbi_agent create_pbi_chat_agent create_spark_sql_agent create_sql_agent",
        "langchain_community.agent_toolkits.load_tools": "get_all_tool_names"
        " load_huggingface_tool load_tools",
        "langchain_experimental.agents": "create_csv_agent create_pandas_dataframe_agent"
        " create_spark_dataframe_agent create_xorbits_agent",
    },
    "langchain.agents.agent_toolkits": {
        "langchain_classic.agents.agent_toolkits": "VectorStoreInfo VectorStoreRouterToolkit"
        " VectorStoreToolkit create_conversational_retrieval_agent create_vectorstore_agent"
        " create_vectorstore_router_agent",
        "langchain_core.tools": "create_retriever_tool",
        "langchain_experimental.agents": "create_csv_agent create_pandas_dataframe_agent"
        " create_spark_dataframe_agent create_xorbits_agent",
        "langchain_experimental.agents.agent_toolkits": "create_python_agent",
    },
    "langchain.callbacks": {
        "langchain_community.callbacks": "AimCallbackHandler ArgillaCallbackHandler"
        " ArizeCallbackHandler ArthurCallbackHandler ClearMLCallbackHandler CometCallbackHandler"
        " ContextCallbackHandler FlyteCallbackHandler HumanApprovalCallbackHandler"
        " InfinoCallbackHandler LLMThoughtLabeler LLMonitorCallbackHandler"
        " LabelStudioCallbackHandler MlflowCallbackHandler OpenAICallbackHandler"
        " PromptLayerCallbackHandler SageMakerCallbackHandler StreamlitCallbackHandler"
        " TrubricsCallbackHandler WandbCallbackHandler WhyLabsCallbackHandler get_openai_callback"
        " wandb_tracing_enabled",
        "langchain_core.callbacks": "CallbackManager FileCallbackHandler StdOutCallbackHandler"
        " StreamingStdOutCallbackHandler",
        "langchain_core.tracers": "LangChainTracer",
        "langchain_core.tracers.context": "collect_runs tracing_v2_enabled",
    },
    "langchain.callbacks.tracers": {
        "langchain_classic.callbacks.tracers": "LoggingCallbackHandler WandbTracer",
    },
    "langchain.callbacks.base": {
        "langchain_core.callbacks": "AsyncCallbackManager CallbackManager",
    },
    "langchain.callbacks.manager": {
        "langchain_community.callbacks": "get_openai_callback wandb_tracing_enabled",
        "langchain_core.tracers.context": "collect_runs tracing_v2_enabled",
        "langchain_core.utils.env": "env_var_is_set",
    },
    "langchain.chains": {
        "langchain_community.chains.graph_qa.arangodb": "ArangoGraphQAChain",
        "langchain_community.chains.graph_qa.base": "GraphQAChain",
        "langchain_community.chains.graph_qa.cypher": "GraphCypherQAChain",
        "langchain_experimental.llm_bash.base": "LLMBashChain",
        "langchain_experimental.llm_symbolic_math.base": "LLMSymbolicMathChain",
        "langchain_experimental.pal_chain": "PALChain",
        "langchain_experimental.smart_llm": "SmartLLMChain",
        "langchain_experimental.sql": "SQLDatabaseChain SQLDatabaseSequentialChain",
    },
    "langchain.chat_models": {
        "langchain_core.language_models": "BaseChatModel SimpleChatModel",
    },
    "langchain.chat_models.base": {
        "langchain_core.language_models": "SimpleChatModel",
    },
    "langchain.docstore.document": {"langchain_core.documents": "Document"},
    "langchain.embeddings": {
        "langchain_classic.chains.hyde.base": "HypotheticalDocumentEmbedder",
        "langchain_classic.embeddings": "CacheBackedEmbeddings",
        "langchain_openai": "AzureOpenAIEmbeddings OpenAIEmbeddings",
    },
    "langchain.experimental": {
        "langchain_experimental.autonomous_agents": "AutoGPT BabyAGI HuggingGPT",
        "langchain_experimental.generative_agents": "GenerativeAgent GenerativeAgentMemory",
        "langchain_experimental.plan_and_execute": "PlanAndExecute load_agent_executor"
        " load_chat_planner",
    },
    "langchain.indexes.base": {"langchain_core.indexing": "RecordManager"},
    "langchain.llms": {"langchain_openai": "AzureOpenAI OpenAI"},
    "langchain.llms.base": {"langchain_core.language_models": "BaseLanguageModel"},
    "langchain.memory": {
        "langchain_astradb": "AstraDBChatMessageHistory",
        "langchain_community.chat_message_histories": "CassandraChatMessageHistory"
        " ChatMessageHistory CosmosDBChatMessageHistory"
        " DynamoDBChatMessageHistory ElasticsearchChatMessageHistory FileChatMessageHistory"
        " MomentoChatMessageHistory PostgresChatMessageHistory RedisChatMessageHistory"
        " SQLChatMessageHistory SingleStoreDBChatMessageHistory StreamlitChatMessageHistory"
        " UpstashRedisChatMessageHistory XataChatMessageHistory ZepChatMessageHistory",
        "langchain_mongodb": "MongoDBChatMessageHistory",
    },
    "langchain.output_parsers": {
        "langchain_core.output_parsers": "CommaSeparatedListOutputParser ListOutputParser"
        " MarkdownListOutputParser NumberedListOutputParser PydanticOutputParser XMLOutputParser",
        "langchain_core.output_parsers.openai_tools": "JsonOutputKeyToolsParser"
        " JsonOutputToolsParser PydanticToolsParser",
    },
    "langchain.output_parsers.json": {
        "langchain_core.utils.json": "parse_json_markdown parse_partial_json",
        "langchain_core.output_parsers": "SimpleJsonOutputParser",
    },
    "langchain.output_parsers.openai_functions": {
        "langchain_core.output_parsers.openai_functions": "OutputFunctionsParser",
    },
    "langchain.output_parsers.pydantic": {"langchain_core.output_parsers": "PydanticOutputParser"},
    "langchain.prompts": {
        "langchain_classic.prompts": "Prompt",
        "langchain_core.example_selectors": "LengthBasedExampleSelector"
        " MaxMarginalRelevanceExampleSelector SemanticSimilarityExampleSelector",
        "langchain_community.example_selectors": "NGramOverlapExampleSelector",
    },
    "langchain.prompts.base": {
        "langchain_core.prompt_values": "StringPromptValue",
    },
    "langchain.python": {"langchain_experimental.utilities": "PythonREPL"},
    "langchain.retrievers": {
        "langchain_community.retrievers": "AmazonKendraRetriever AmazonKnowledgeBasesRetriever"
        " ArceeRetriever ArxivRetriever AzureAISearchRetriever AzureCognitiveSearchRetriever"
        " BM25Retriever ChaindeskRetriever ChatGPTPluginRetriever CohereRagRetriever"
        " DocArrayRetriever DriaRetriever ElasticSearchBM25Retriever EmbedchainRetriever"
        " GoogleCloudEnterpriseSearchRetriever GoogleVertexAISearchRetriever KNNRetriever"
        " KayAiRetriever LlamaIndexGraphRetriever LlamaIndexRetriever MetalRetriever"
        " MilvusRetriever NeuralDBRetriever OutlineRetriever PineconeHybridSearchRetriever"
        " PubMedRetriever RemoteLangChainRetriever SVMRetriever TFIDFRetriever"
        " TavilySearchAPIRetriever VespaRetriever WeaviateHybridSearchRetriever"
        " WebResearchRetriever WikipediaRetriever ZepRetriever ZillizRetriever",
    },
    "langchain.schema": {
        "langchain_core.agents": "AgentAction AgentFinish",
        "langchain_core.caches": "BaseCache",
        "langchain_core.chat_history": "BaseChatMessageHistory",
        "langchain_core.documents": "BaseDocumentTransformer Document",
        "langchain_core.exceptions": "LangChainException OutputParserException",
        "langchain_core.messages": "AIMessage BaseMessage ChatMessage FunctionMessage"
        " HumanMessage SystemMessage get_buffer_string message_to_dict messages_from_dict"
        " messages_to_dict",
        "langchain_core.output_parsers": "BaseLLMOutputParser BaseOutputParser StrOutputParser",
        "langchain_core.outputs": "ChatGeneration ChatResult Generation LLMResult RunInfo",
        "langchain_core.prompt_values": "PromptValue",
        "langchain_core.prompts": "BasePromptTemplate format_document",
        "langchain_core.retrievers": "BaseRetriever",
        "langchain_core.stores": "BaseStore",
        "langchain_classic.base_memory": "BaseMemory",
    },
    "langchain.text_splitter": {
        "langchain_core.documents": "BaseDocumentTransformer Document",
    },
    "langchain.tools": {
        "langchain_core.tools": "StructuredTool Tool ToolException",
        "langchain_core.utils.function_calling": "convert_to_openai_function",
    },
    "langchain.tools.render": {
        "langchain_core.tools": "render_text_description render_text_description_and_args",
    },
    "langchain_core.memory": {"langchain_classic.base_memory": "BaseMemory"},
    # Never there, but written.
    "langchain_community.chains": {
        "langchain_classic.chains": "ConversationChain ConversationalRetrievalChain LLMChain"
        " LLMMathChain RetrievalQA",
    },
    "langchain_core.agents": {
        "langchain_classic.agents": "AgentExecutor AgentType create_react_agent"
        " create_tool_calling_agent initialize_agent",
    },
    "langchain_core.document_loaders": {
        "langchain_community.document_loaders": "DirectoryLoader PyPDFLoader TextLoader",
    },
    "langchain_core.vectorstores": {"langchain_community.vectorstores": "Chroma FAISS"},
}

# What langchain-community 0.4 has no more, by its module below langchain and langchain_community.
_PACKAGES: Mapping[str, Mapping[str, str]] = {
    "cache": {"langchain_astradb": "AstraDBCache AstraDBSemanticCache"},
    "chat_loaders": {"langchain_google_community": "GMailLoader"},
    "chat_message_histories": {
        "langchain_astradb": "AstraDBChatMessageHistory",
        "langchain_mongodb": "MongoDBChatMessageHistory",
        "langchain_neo4j": "Neo4jChatMessageHistory",
    },
    "chat_models": {
        "langchain_anthropic": "ChatAnthropic",
        "langchain_cohere": "ChatCohere",
        "langchain_community.llms": "HuggingFaceHub",  # never there, but written
        "langchain_fireworks": "ChatFireworks",
        "langchain_google_vertexai": "ChatVertexAI",
        "langchain_litellm": "ChatLiteLLM ChatLiteLLMRouter",
        "langchain_ollama": "ChatOllama",
        "langchain_openai": "AzureChatOpenAI ChatOpenAI",
        "langchain_perplexity": "ChatPerplexity",
    },
    "tools": {
        "langchain_experimental.tools": "PythonAstREPLTool PythonREPLTool",
        "langchain_google_community": "GooglePlacesTool GoogleSearchResults GoogleSearchRun",
    },
    "utilities": {
        "langchain_google_community": "GooglePlacesAPIWrapper GoogleSearchAPIWrapper",
        "langchain_experimental.llm_bash.bash": "BashProcess",
        "langchain_experimental.utilities": "PythonREPL",
    },
    "vectorstores": {
        "langchain_milvus": "Milvus",
        "langchain_mongodb": "MongoDBAtlasVectorSearch",
        "langchain_neo4j": "Neo4jVector",
        "langchain_pinecone": "Pinecone",
        "langchain_qdrant": "Qdrant",
    },
}


def flat(table: Mapping[str, Mapping[str, str]], *packages: str) -> dict[str, str]:
    return {
        f"{package}{module}.{name}": home
        for package in packages
        for module, homes in table.items()
        for home, names in homes.items()
        for name in names.split()
    }


BOTH = ("langchain.", "langchain_community.")
# Qualified name of 0.x -> module of 1.x. It holds below the module, too.
NAMES: Mapping[str, str] = {**flat(_MOVED, ""), **flat(_PACKAGES, *BOTH)}
