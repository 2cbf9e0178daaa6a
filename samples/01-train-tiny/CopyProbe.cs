using InternPlatform.Catalog.Sample;
using InternPlatform.Tokenization;
using InternPlatform.Training;

namespace InternPlatform.TrainTiny;

/// <summary>
/// Digit accuracy on withheld numbers, next token, with the right text before it: in the call (copied from the question) and in the answer
/// (copied from the tool's result).
/// </summary>
internal static class CopyProbe
{
    private const int Problems = 90;

    public static (double Call, double Result) Measure(LoadedModel model, Tokenizer tokenizer, int seed)
    {
        var (call, result) = (new Tally(), new Tally());
        for (var digits = 2; digits <= 4; digits++)
        {
            foreach (var question in HeldOutQuestions.ToolCalls(digits, seed + digits, Problems / 3))
            {
                Score(model, tokenizer, question, call, result);
            }
        }

        return (call.Share, result.Share);
    }

    private static void Score(LoadedModel model, Tokenizer tokenizer, HeldOutQuestion question, Tally call, Tally result)
    {
        var answer = question.Language == "zh" ? $"答案是 {question.ToolResult}。" : $"The answer is {question.ToolResult}.";
        ChatMessage[] dialogue =
        [
            .. question.Messages,
            new() { Role = "assistant", ToolCalls = [new ChatToolCall("calculator", question.Answer)] },
            new() { Role = "tool", Content = question.ToolResult! },
            new() { Role = "assistant", Content = answer },
        ];
        var signed = ChatTemplate.Get("internlm2").EncodeForTraining(tokenizer, dialogue, null);
        var logits = model.Logits([.. signed.Select(Math.Abs)]);
        var callEnd = Array.IndexOf(signed, tokenizer.IdOf("<|action_end|>")!.Value);
        for (var t = 1; t < signed.Length; t++)
        {
            if (signed[t] > 0 && tokenizer.TokenBytes(signed[t]) is [>= (byte)'0' and <= (byte)'9'])
            {
                (t < callEnd ? call : result).Add(Array.IndexOf(logits[t - 1], logits[t - 1].Max()) == signed[t]);
            }
        }
    }

    private sealed class Tally
    {
        private int right;
        private int all;

        public double Share => (double)right / all;

        public void Add(bool isRight)
        {
            all++;
            right += isRight ? 1 : 0;
        }
    }
}
