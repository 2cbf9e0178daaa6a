using System.Net;
using System.Text.Json;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation.Asking;

/// <summary>
/// The deployed model, over the OpenAI protocol. A deployment that is away is waited for as long as it is starting; one that has failed, or stays away, ends the job.
/// What it refuses is the question's failure, not the job's: <see cref="QuestionRefusedException"/>.
/// </summary>
internal sealed class ModelEndpoint(JobContext job, string model)
{
    // The client itself has waited half a minute before each of these.
    private const int MostReturns = 10;
    private readonly HttpClient client = job.Client("deployment");

    public string Model { get; } = model;

    public async Task<ServedModel> DescribeAsync(CancellationToken cancellationToken)
    {
        var path = $"v1/models/{Uri.EscapeDataString(Model)}";
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return (await answer.Content.ReadFromJsonAsync<ServedModel>(OpenAiForm.Options, cancellationToken))!;
    }

    public async Task<DeploymentView> DeploymentAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"api/deployment/deployments/{Uri.EscapeDataString(Model)}"), cancellationToken);
        return (await answer.Content.ReadFromJsonAsync<DeploymentView>(PlatformJson.Options, cancellationToken))!;
    }

    /// <exception cref="QuestionRefusedException">The endpoint does not take the request.</exception>
    public async Task<IReadOnlyList<CompletionChoice>> CompleteAsync(CompletionAsk ask, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(ask, OpenAiForm.Options);
        using var answer = await PostAsync("v1/completions", body, cancellationToken);
        var read = await ReadAsync<CompletionAnswer>(answer, cancellationToken);
        return read.Choices.Count == ask.Prompt.Count
            ? [.. read.Choices.OrderBy(choice => choice.Index)]
            : throw new QuestionRefusedException($"The endpoint gave {read.Choices.Count} answers to {ask.Prompt.Count} prompts.");
    }

    /// <exception cref="QuestionRefusedException">The endpoint does not take the request.</exception>
    public async Task<ChatAnswer> ChatAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var answer = await PostAsync("v1/chat/completions", body, cancellationToken);
        var read = await ReadAsync<ChatCompletionAnswer>(answer, cancellationToken);
        return read.Choices is [var first, ..] ? first.Message : throw new QuestionRefusedException("The endpoint gave no answer.");
    }

    private Task<HttpResponseMessage> PostAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => SendAsync(
        () => new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new("application/json") } } }, cancellationToken);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(OpenAiForm.Options, cancellationToken) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new QuestionRefusedException($"The endpoint's answer cannot be read: {e.Message}");
        }
    }

    /// <summary>Asking changes nothing, so it may be done again.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        for (var returns = 1; ; returns++)
        {
            string why;
            try
            {
                using var request = make();
                var answer = await client.SendAsync(request, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return answer;
                }

                using (answer)
                {
                    why = await ErrorOf(answer, cancellationToken);
                    Refuse(answer.StatusCode, why);
                }
            }
            catch (HttpRequestException e)
            {
                why = $"{e.HttpRequestError}: {e.Message}";
            }

            if (returns == MostReturns || !await IsComingBackAsync(cancellationToken))
            {
                throw Problems.ModelLost(Model, why);
            }

            job.Warn($"The deployment {Model} is away ({why}); asking again.");
        }
    }

    private void Refuse(HttpStatusCode status, string why)
    {
        switch (status)
        {
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.TooManyRequests:
                return;
            case HttpStatusCode.NotFound:
                throw Problems.ModelNotFound(Model, why);
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw Problems.NotAllowed(Model, (int)status, why);
            default:
                throw new QuestionRefusedException($"HTTP {(int)status}. {why}");
        }
    }

    /// <summary>A deployment that failed or was stopped does not come back by itself.</summary>
    private async Task<bool> IsComingBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync($"v1/models/{Uri.EscapeDataString(Model)}", cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;
            }

            return (await answer.Content.ReadFromJsonAsync<ServedModel>(OpenAiForm.Options, cancellationToken))!.State is "starting" or "ready" or null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>OpenAI's form, or a problem.</summary>
    private static async Task<string> ErrorOf(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var body = JsonDocument.Parse(text);
            return body.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var message) ? message.GetString()!
                : body.RootElement.TryGetProperty("title", out var title) ? $"{title.GetString()} {(body.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null)}".Trim()
                : $"{answer.ReasonPhrase}";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return $"{answer.ReasonPhrase}";
        }
    }
}

/// <summary>The endpoint does not answer this question, and would not if it were asked again.</summary>
internal sealed class QuestionRefusedException(string reason) : Exception(reason);
