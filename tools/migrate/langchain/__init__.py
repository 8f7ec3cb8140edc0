"""Where LangChain 1.x keeps what LangChain 0.x had."""
