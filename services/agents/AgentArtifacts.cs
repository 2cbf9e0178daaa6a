using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents;

/// <summary>An agent's definition as an artefact of kind <c>agent</c>: one file, <c>agent.json</c>.</summary>
internal static class AgentArtifacts
{
    public const string Kind = "agent";
    private const string FileName = "agent.json";
    private static readonly JsonSerializerOptions Written = new(PlatformJson.Options) { WriteIndented = true };

    /// <summary>The name that keeps it from being collected, written before the row.</summary>
    public static string Reference(Guid agentId) => $"agents/{agentId}";

    /// <summary>Stores the definition; the same definition is the same artefact.</summary>
    public static async Task<string> PutAsync(IArtifactStore store, Guid agentId, CreateAgent definition, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(definition, Written));
        var size = content.Length;
        var digest = await store.PutAsync(content, cancellationToken);
        var artifactId = await store.PutManifestAsync(
            new Manifest { Kind = Kind, Files = [new ManifestFile(FileName, digest, size)], Facts = new Dictionary<string, string> { ["name"] = definition.Name } }, cancellationToken);
        await store.AddReferenceAsync(Reference(agentId), artifactId, cancellationToken);
        return artifactId;
    }
}
