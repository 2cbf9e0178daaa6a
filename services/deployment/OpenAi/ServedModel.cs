using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>The model that this replica serves, with the name callers know it by.</summary>
internal sealed record ServedModel(string Name, string Fingerprint, TextModel Text)
{
    /// <summary>The tenant of a request, set by the service in front.</summary>
    public const string CacheSaltHeader = "X-Intern-Cache-Salt";

    public static string NewId(string prefix) => $"{prefix}-{Guid.NewGuid():n}";
}
