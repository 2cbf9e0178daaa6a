namespace InternPlatform.Portal;

/// <summary>Names the resource files with the portal's words: <c>Resources/Texts.resx</c> and <c>Texts.zh-CN.resx</c>.</summary>
public sealed class Texts;

/// <summary>Names the resource files with MudBlazor's own words, which ship in English only.</summary>
public sealed class MudTexts;
