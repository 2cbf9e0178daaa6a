using System.ClientModel;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>The official client against a model that the platform trained and deployed itself.</summary>
[Collection(SmallTour.Collection)]
public sealed class OpenAiClientTests(SmallTour tour)
{
    [Fact]
    public async Task The_official_client_streams_an_answer_with_a_key()
    {
        var chat = new ChatClient(tour.Model, new ApiKeyCredential(tour.Key), new OpenAIClientOptions { Endpoint = new Uri($"{tour.Platform.Address}/v1") });

        var (parts, text, finish) = (0, "", (ChatFinishReason?)null);
        await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("Repeat 4821.")], new ChatCompletionOptions { MaxOutputTokenCount = 24, Temperature = 0 }, TestContext.Current.CancellationToken))
        {
            parts++;
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish = update.FinishReason ?? finish;
        }

        Assert.True(parts > 2, $"{parts} parts");
        Assert.NotEqual("", text);
        Assert.NotNull(finish);
    }

    [Fact]
    public async Task Without_a_key_it_is_refused_in_OpenAIs_form()
    {
        using var client = tour.Platform.NewClient();

        using var response = await client.PostAsJsonAsync("v1/chat/completions", new { model = tour.Model, messages = Array.Empty<object>() }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("type").GetString()));
    }
}
