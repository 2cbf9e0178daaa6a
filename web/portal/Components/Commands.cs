namespace InternPlatform.Portal.Components;

/// <summary>The command lines shown beside buttons: what a script would send instead.</summary>
internal static class Commands
{
    public static string ImportSample(string baseUri) => Post(
        baseUri, "api/catalog/jobs", """{"kind":"import","spec":{"name":"sample","sample":{"seed":1}}}""");

    public static string StartTour(string baseUri) => Post(baseUri, "api/pipelines/runs", """{"plan":"tour"}""");

    public static string CreateKey(string baseUri) => Post(baseUri, "api/identity/keys", """{"name":"my key"}""");

    public static string Deploy(string baseUri, string name, string artifactId) => Post(
        baseUri, "api/deployment/deployments", $$"""{"name":"{{name}}","modelArtifactId":"{{artifactId}}"}""");

    public static string List(string baseUri, string path) => $"""curl {baseUri}{path} -H "Authorization: Bearer $INTERN_KEY" """.TrimEnd();

    private static string Post(string baseUri, string path, string body) =>
        $"""
        curl {baseUri}{path} \
          -H "Authorization: Bearer $INTERN_KEY" -H "Content-Type: application/json" \
          -d '{body}'
        """;
}
