using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Portal.Components;

/// <summary>The command lines shown beside buttons: what a script would send instead.</summary>
internal static class Commands
{
    private static readonly JsonSerializerOptions Readable = new(Clients.ServiceApi.Json)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string ImportSample(string baseUri) => Post(
        baseUri, "api/catalog/jobs", """{"kind":"import","spec":{"name":"sample","sample":{"seed":1}}}""");

    public static string ImportModel(string baseUri) => Post(
        baseUri, "api/catalog/jobs", """{"kind":"import-model","spec":{"name":"my-model","uploadIds":["…"]}}""");

    public static string StartTour(string baseUri) => Post(baseUri, "api/pipelines/runs", """{"plan":"tour"}""");

    public static string CreateKey(string baseUri) => Post(baseUri, "api/identity/keys", """{"name":"my key"}""");

    public static string Deploy(string baseUri, string name, string artifactId) => Post(
        baseUri, "api/deployment/deployments", $$"""{"name":"{{name}}","modelArtifactId":"{{artifactId}}"}""");

    public static string CreateAgent(string baseUri) => Post(baseUri, "api/agents/agents", """{"name":"my-agent","model":"my-model","tools":["calculator"]}""");

    public static string AskAgent(string baseUri, string agent) => Post(baseUri, $"api/agents/agents/{Uri.EscapeDataString(agent)}/runs", """{"question":"What is 4817 plus 2946?"}""");

    public static string List(string baseUri, string path) => $"""curl {baseUri}{path} -H "Authorization: Bearer $INTERN_KEY" """.TrimEnd();

    public static string StartPlan(string baseUri, StartPipeline plan) => Post(
        baseUri, "api/pipelines/runs", JsonSerializer.Serialize(plan, Readable).Replace("'", @"'\''", StringComparison.Ordinal));

    public static string StartJob<TSpec>(string baseUri, string service, string kind, TSpec spec) => Post(
        baseUri, $"api/{service}/jobs", JsonSerializer.Serialize(new { kind, spec }, Readable).Replace("'", @"'\''", StringComparison.Ordinal));

    private static string Post(string baseUri, string path, string body) =>
        $"""
        curl {baseUri}{path} \
          -H "Authorization: Bearer $INTERN_KEY" -H "Content-Type: application/json" \
          -d '{body}'
        """;
}
