using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A step that asks a deployed model one question, as any OpenAI client would.</summary>
internal static class AskStep
{
    public static CallStep Of(string name, Func<RunFacts, string> model, string question) => new()
    {
        Name = name,
        Service = "deployment",
        Path = _ => "v1/chat/completions",
        Body = facts => Body(model(facts), question, facts.Input.Seed),
        Read = (answer, _) => Read(answer, question),
        Show = result => new StepOutcome($"answer=\"{result.Deserialize<ModelAnswer>(PlatformJson.Options)!.Answer}\"", "/chat"),
    };

    private static JsonObject Body(string model, string question, int seed) => new()
    {
        ["model"] = model,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question }),
        ["temperature"] = 0,
        ["seed"] = seed,
        ["max_tokens"] = 64,
    };

    private static StepReading Read(JsonElement answer, string question)
    {
        var text = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        var result = new ModelAnswer { Question = question, Answer = text?.Trim() ?? "" };
        return new StepReading(StepState.Succeeded) { Result = JsonSerializer.SerializeToElement(result, PlatformJson.Options) };
    }
}

/// <summary>Result of a step that asks.</summary>
internal sealed record ModelAnswer
{
    public required string Question { get; init; }
    public required string Answer { get; init; }
}
