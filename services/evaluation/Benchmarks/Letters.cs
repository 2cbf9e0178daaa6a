using System.Text;
using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>A question whose choices are listed with letters, and answered by a letter.</summary>
internal static class Letters
{
    public const int Most = 26;

    public static IReadOnlyList<string> For(int choices) => [.. Enumerable.Range(0, choices).Select(Letter)];

    public static string Letter(int choice) => $"{(char)('A' + choice)}";

    public static ChatMessage Ask(string? introduction, string question, IReadOnlyList<string> choices)
    {
        var text = new StringBuilder();
        if (introduction is not null)
        {
            text.Append(introduction).Append('\n');
        }

        text.Append(question.Trim());
        for (var i = 0; i < choices.Count; i++)
        {
            text.Append('\n').Append(Letter(i)).Append(". ").Append(choices[i].Trim());
        }

        return new ChatMessage { Role = "user", Content = text.Append("\nAnswer:").ToString() };
    }
}
