using InternPlatform.Contracts.Finetuning;
using InternPlatform.Tokenization;

namespace InternPlatform.Finetuning;

/// <summary><c>GET /api/finetuning/templates</c>: the chat templates by name, each with a short dialogue as it writes it.</summary>
internal static class ListTemplates
{
    private static readonly ChatMessage[] Dialogue =
    [
        new() { Role = "system", Content = "Be brief." },
        new() { Role = "user", Content = "2 + 3 = ?" },
        new() { Role = "assistant", Content = "5" },
        new() { Role = "user", Content = "And 4 more?" },
        new() { Role = "assistant", Content = "9" },
    ];

    public static void Map(IEndpointRouteBuilder finetuning) => finetuning.MapGet("/templates", List);

    private static ChatTemplateView[] List() =>
    [
        .. ChatTemplate.Names.Select(name => new ChatTemplateView
        {
            Name = name,
            Example = string.Concat(ChatTemplate.Get(name).Segments(Dialogue, null, addGenerationPrompt: false).Select(segment => segment.Text)),
            Stops = ChatTemplate.Get(name).StopTokens,
        }),
    ];
}
