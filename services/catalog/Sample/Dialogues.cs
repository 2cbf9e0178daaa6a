using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Sample;

/// <summary>Small talk, so that a greeting gets a greeting.</summary>
internal static class Dialogues
{
    public const string Kind = "dialogue";

    private static readonly (string[] User, string[] Assistant)[] English =
    [
        (["Hello!", "Hi!", "Good morning!", "Hello, how are you?"], ["Hello! How can I help you?", "Hi! I am well. What can I do for you?"]),
        (["Who are you?", "What are you?", "What is your name?"], ["I am a small language model, trained on this machine.", "I am a small model. I was trained here a few minutes ago."]),
        (["What can you do?", "How can you help me?"], ["I can repeat numbers, call a calculator and tell short stories.", "I can answer short questions and use a calculator."]),
        (["Thank you!", "Thanks a lot.", "Thank you very much."], ["You are welcome!", "My pleasure. See you soon!"]),
        (["Goodbye!", "See you!", "Good night."], ["Goodbye! Have a nice day.", "See you soon!"]),
    ];

    private static readonly (string[] User, string[] Assistant)[] Chinese =
    [
        (["你好！", "您好！", "早上好！", "你好，你好吗？"], ["你好！我能帮你做什么？", "你好！我很好。你需要什么？"]),
        (["你是谁？", "你是什么？", "你叫什么名字？"], ["我是一个在这台机器上训练的小语言模型。", "我是一个小模型，几分钟前刚刚训练好。"]),
        (["你会做什么？", "你能怎么帮我？"], ["我会重复数字、调用计算器，也会讲小故事。", "我能回答简短的问题，也能使用计算器。"]),
        (["谢谢！", "非常感谢。", "谢谢你！"], ["不客气！", "很高兴帮到你，再见！"]),
        (["再见！", "下次见！", "晚安。"], ["再见！祝你愉快。", "下次见！"]),
    ];

    public static SampleRow Make(Draw draw)
    {
        var turns = draw.Several(draw.IsChinese ? Chinese : English, 1 + draw.Below(3));
        return SampleRow.Chat(Kind, draw, [.. turns.SelectMany(turn => (ChatMessage[])[Turn.User(draw.From(turn.User)), Turn.Assistant(draw.From(turn.Assistant))])]);
    }
}

/// <summary>Turns by role.</summary>
internal static class Turn
{
    public static ChatMessage User(string text) => new() { Role = "user", Content = text };

    public static ChatMessage Assistant(string text) => new() { Role = "assistant", Content = text };

    public static ChatMessage Call(ChatToolCall call) => new() { Role = "assistant", ToolCalls = [call] };

    public static ChatMessage Result(string text) => new() { Role = "tool", Content = text };
}
