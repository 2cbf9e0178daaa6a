using System.Net;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Engine;

/// <summary>What a service said: an answer, a refusal that will not change, or nothing for now.</summary>
internal sealed record StepAnswer
{
    public JsonElement? Body { get; init; }
    public JobProblem? Refusal { get; init; }

    /// <summary>Why there was no answer; asking again may help.</summary>
    public string? Away { get; init; }
    public HttpStatusCode? Status { get; init; }
}

/// <summary>The calls a step makes, on behalf of the person who started the run.</summary>
internal sealed class StepCalls(ServiceClients clients)
{
    public async Task<StepAnswer> BeginAsync(CallStep step, PipelineRunRow run, StepRow row, RunFacts facts, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(step.Method, step.Path(facts));
        if (step.Body is { } body)
        {
            request.Headers.Add("Idempotency-Key", row.IdempotencyKey);
            request.Content = JsonContent.Create(body(facts), options: PlatformJson.Options);
        }

        return await SendAsync(step, run, request, cancellationToken);
    }

    public async Task<StepAnswer> ReadAsync(CallStep step, PipelineRunRow run, Guid id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, step.StatePath!(id));
        return await SendAsync(step, run, request, cancellationToken);
    }

    public async Task<StepAnswer> CancelAsync(CallStep step, PipelineRunRow run, Guid id, CancellationToken cancellationToken)
    {
        var cancel = step.Cancel!(id);
        using var request = new HttpRequestMessage(cancel.Method, cancel.Path);
        return await SendAsync(step, run, request, cancellationToken);
    }

    private async Task<StepAnswer> SendAsync(PlanStep step, PipelineRunRow run, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var client = clients.For(step.Service, run.Originator);
            using var response = await client.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return Answer(step.Service, response.StatusCode, text);
        }
        catch (HttpRequestException e)
        {
            return new StepAnswer { Away = $"{step.Service} cannot be reached: {e.Message}" };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StepAnswer { Away = $"{step.Service} did not answer in time." };
        }
    }

    private static StepAnswer Answer(string service, HttpStatusCode status, string text)
    {
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            return new StepAnswer { Status = status, Away = $"{service} answered {(int)status}: {ProblemBodies.Read(service, status, text).Title}" };
        }

        if ((int)status >= 300)
        {
            return new StepAnswer { Status = status, Refusal = ProblemBodies.Read(service, status, text) };
        }

        return new StepAnswer { Status = status, Body = text.Length == 0 ? null : JsonElement.Parse(text) };
    }
}
