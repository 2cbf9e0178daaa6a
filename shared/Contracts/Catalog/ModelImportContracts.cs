namespace InternPlatform.Contracts.Catalog;

/// <summary>Spec of the catalog job <c>import-model</c>: files that were made elsewhere become a registered model.</summary>
public sealed record ImportModel
{
    public required string Name { get; init; }

    /// <summary>
    /// Complete uploads: a Hugging Face model's files (config, tokenizer, weights as safetensors or <c>pytorch_model.bin</c>), one GGUF file,
    /// or a llama2.c file with its tokenizer.
    /// </summary>
    public required IReadOnlyList<Guid> UploadIds { get; init; }
}

public sealed record ImportModelResult
{
    public required string ArtifactId { get; init; }

    /// <summary><c>safetensors</c>, <c>gguf</c>, <c>pytorch</c> or <c>llama2.c</c>: what the files were.</summary>
    public required string Format { get; init; }
    public required long Parameters { get; init; }
    public required int ContextLength { get; init; }
    public required int VocabularySize { get; init; }
    public required long Bytes { get; init; }
}
