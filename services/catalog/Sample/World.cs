namespace InternPlatform.Catalog.Sample;

/// <summary>The small world all rows talk about. It is the same for every seed, so that a fact in one file is a fact in the next.</summary>
internal static class World
{
    public static readonly Word[] People = Words(
        "Tom 汤姆|Mia 米娅|Leo 里奥|Zoe 佐伊|Ben 本恩|Ana 安娜|Max 马克|Eva 伊娃|Sam 山姆|Lily 莉莉|Jack 杰克|Nora 诺拉|" +
        "Paul 保罗|Rosa 罗莎|Finn 芬恩|Ivy 艾薇|Hugo 雨果|Clara 克拉|Oscar 奥斯|Emma 艾玛|David 大卫|Grace 格蕾|Simon 西蒙|Vera 薇拉");

    public static readonly Word[] Towns = Words("Stonebridge 石桥镇|Greenhill 青山村|Lakeside 湖边镇|Oldport 旧港城|Windmill 风车村|Sunfield 阳田镇");

    public static readonly Word[] Jobs = Words("teacher 老师|baker 面包师|doctor 医生|farmer 农民|driver 司机|painter 画家|singer 歌手|sailor 水手");

    public static readonly Word[] Pets = Words("cat 猫|dog 狗|rabbit 兔子|parrot 鹦鹉|turtle 乌龟|goldfish 金鱼");

    public static readonly Word[] Foods = Words("rice 米饭|soup 汤|bread 面包|noodles 面条|cake 蛋糕|apples 苹果|fish 鱼|cheese 奶酪");

    public static readonly Word[] Colours = Words("red 红色|blue 蓝色|green 绿色|yellow 黄色|white 白色|black 黑色");

    public static readonly Word[] Objects = Words(
        "bell 铃铛|hat 帽子|key 钥匙|lamp 台灯|book 书本|cup 杯子|drum 鼓|kite 风筝|ball 球|coat 外套|map 地图|flute 笛子|clock 时钟|brush 刷子|rope 绳子|mirror 镜子");

    public static readonly Word[] Containers = Words("box 箱子|bag 袋子|basket 篮子|drawer 抽屉|chest 柜子|bucket 桶|jar 罐子|trunk 行李箱");

    public static readonly Word[] Places = Words("garden 花园|kitchen 厨房|market 市场|school 学校|library 图书馆|park 公园|forest 森林|beach 海滩|station 车站|bridge 桥边");

    public static readonly Word[] Feelings = Words("happy 高兴|sad 难过|tired 疲倦|proud 自豪|angry 生气|calm 平静|surprised 惊讶|curious 好奇");

    public static readonly (Word First, Word Second)[] Opposites = Pairs(
        "big 大/small 小|hot 热/cold 冷|fast 快/slow 慢|high 高/low 低|old 旧/new 新|long 长/short 短|open 开/closed 关|light 轻/heavy 重|" +
        "early 早/late 晚|near 近/far 远|full 满/empty 空|hard 硬/soft 软|wet 湿/dry 干|strong 强/weak 弱|deep 深/shallow 浅|clean 干净/dirty 脏");

    /// <summary>Words for translation: everything above that is one word, and some of nature.</summary>
    public static readonly Word[] Lexicon =
    [
        .. Jobs, .. Pets, .. Foods, .. Colours, .. Objects, .. Containers[..6],
        .. Words("sun 太阳|moon 月亮|river 河流|mountain 高山|tree 大树|flower 花朵|rain 雨水|snow 雪花|wind 大风|stone 石头|bird 小鸟|horse 马|road 道路|house 房子|door 门|window 窗户|table 桌子|chair 椅子|friend 朋友|story 故事"),
    ];

    public static readonly Word[] Harmful = Words("poison 毒害|burn 烧毁|steal 偷走|break 砸坏|hurt 伤害|flood 淹没");

    public static readonly Word[] Harmless = Words("draw 画出|clean 清洁|describe 描述|protect 保护|visit 看望|photograph 拍摄");

    public static readonly Word[] Targets =
    [
        .. Objects[..10],
        .. Words("neighbour 邻居|horse 马|bird 小鸟|bridge 大桥|school 学校|well 水井|shop 商店|garden 花园|boat 小船|fence 栅栏|statue 雕像|farm 农场"),
    ];

    private static Word[] Words(string list) => [.. list.Split('|').Select(Parse)];

    private static (Word, Word)[] Pairs(string list) => [.. list.Split('|').Select(pair => pair.Split('/')).Select(pair => (Parse(pair[0]), Parse(pair[1])))];

    private static Word Parse(string both) => both.Split(' ') is [var english, var chinese]
        ? new(english, chinese)
        : throw new FormatException($"'{both}' is not an English and a Chinese word.");
}
