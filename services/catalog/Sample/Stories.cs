namespace InternPlatform.Catalog.Sample;

/// <summary>Short stories of seven sentences: who, where, what, how it went, how it felt.</summary>
internal static class Stories
{
    public const string Kind = "story";

    public static SampleRow Make(Draw draw)
    {
        var people = draw.Several(World.People, 2);
        string a = draw.In(people[0]), b = draw.In(people[1]);
        string item = draw.In(draw.From(World.Objects)), colour = draw.In(draw.From(World.Colours)), box = draw.In(draw.From(World.Containers));
        string place = draw.In(draw.From(World.Places)), feeling = draw.In(draw.From(World.Feelings)), food = draw.In(draw.From(World.Foods));
        var coins = 2 + draw.Below(8);
        string[] slots = draw.IsChinese
            ? Chinese(draw, a, b, item, colour, box, place, feeling, food, coins)
            : English(draw, a, b, item, colour, box, place, feeling, food, coins);
        return SampleRow.Prose(Kind, draw, string.Join(draw.IsChinese ? "" : " ", slots));
    }

    private static string[] English(
        Draw draw, string a, string b, string item, string colour, string box, string place, string feeling, string food, int coins) =>
    [
        draw.From([$"One day {a} went to the {place}.", $"In the morning {a} walked to the {place}.", $"{a} was alone in the {place}."]),
        draw.From([$"There {a} found a {colour} {item}.", $"{a} saw a {colour} {item} on the ground.", $"Near the gate lay a {colour} {item}."]),
        draw.From([$"The {item} was in a {box}.", $"{a} put the {item} into a {box}.", $"{a} hid the {item} in a {box}."]),
        draw.From([$"Then {b} came and asked for the {item}.", $"{b} was looking for the {colour} {item}.", $"\"Is that my {item}?\" asked {b}."]),
        draw.From([$"{a} opened the {box} and gave the {item} to {b}.", $"{a} took the {item} out of the {box}.", $"{a} showed {b} the {box}."]),
        draw.From([$"{b} thanked {a} and gave {a} {coins} coins.", $"{b} smiled and shared some {food} with {a}.", $"They ate {food} together."]),
        draw.From([$"{a} felt {feeling}.", $"In the evening {a} was {feeling}.", $"At home {a} told the story and felt {feeling}."]),
    ];

    private static string[] Chinese(
        Draw draw, string a, string b, string item, string colour, string box, string place, string feeling, string food, int coins) =>
    [
        draw.From([$"有一天，{a}去了{place}。", $"早上，{a}走到{place}。", $"{a}一个人在{place}。"]),
        draw.From([$"{a}找到了一个{colour}的{item}。", $"{a}看见地上有一个{colour}的{item}。", $"门边有一个{colour}的{item}。"]),
        draw.From([$"{item}在{box}里。", $"{a}把{item}放进{box}里。", $"{a}把{item}藏在{box}里。"]),
        draw.From([$"后来{b}来了，想要那个{item}。", $"{b}正在找{colour}的{item}。", $"“那是我的{item}吗？”{b}问。"]),
        draw.From([$"{a}打开{box}，把{item}给了{b}。", $"{a}从{box}里拿出{item}。", $"{a}让{b}看{box}。"]),
        draw.From([$"{b}谢谢{a}，给了{a} {coins} 枚硬币。", $"{b}笑了，和{a}一起吃{food}。", $"他们一起吃了{food}。"]),
        draw.From([$"{a}觉得很{feeling}。", $"晚上{a}很{feeling}。", $"回家以后，{a}讲了这个故事，心里很{feeling}。"]),
    ];
}
