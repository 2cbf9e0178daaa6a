using InternPlatform.Inference.Runners;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>The model that this replica serves, with the name callers know it by; with an adapter it is another model on the same engine.</summary>
internal sealed record ServedModel(string Name, string Fingerprint, TextModel Text)
{
    /// <summary>The tenant of a request, set by the service in front.</summary>
    public const string CacheSaltHeader = "X-Intern-Cache-Salt";

    /// <summary>By name, with what tells one's files from another's.</summary>
    public IReadOnlyDictionary<string, (LoraAdapter Weights, string Fingerprint)> Adapters { get; init; } = new Dictionary<string, (LoraAdapter, string)>();

    /// <summary>Additions to the weights; null: the model as it is.</summary>
    public LoraAdapter? Adapter { get; private init; }

    public static string NewId(string prefix) => $"{prefix}-{Guid.NewGuid():n}";

    /// <summary>The model that a request names.</summary>
    public ServedModel Named(string? model)
    {
        if (ModelId.Parts(model ?? Name).Adapter is not { } adapter)
        {
            return this;
        }

        return Adapters.TryGetValue(adapter, out var found)
            ? this with { Name = ModelId.Of(Name, adapter), Adapter = found.Weights, Fingerprint = $"{Fingerprint}_{found.Fingerprint}" }
            : throw new OpenAiRefusal(StatusCodes.Status404NotFound, "model_not_found", $"The model '{model}' does not exist.", "model");
    }
}
