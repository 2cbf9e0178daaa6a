using MudBlazor;

namespace InternPlatform.Portal.Hosting;

/// <summary>The colours, in one place. Text reaches 4.5 : 1 on each background it is used on, in both themes.</summary>
internal static class PortalTheme
{
    public static MudTheme Value { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#3548B8",
            PrimaryContrastText = "#FFFFFF",
            Secondary = "#0F6B66",
            Background = "#F6F7FA",
            Surface = "#FFFFFF",
            TextPrimary = "#191D26",
            TextSecondary = "#4E5666",
            ActionDefault = "#4E5666",
            Divider = "#E2E5EC",
            LinesDefault = "#E2E5EC",
            LinesInputs = "#7C8494",
            TableLines = "#E8EAF0",
            Success = "#276B2B",
            Error = "#C62828",
            Warning = "#8F5200",
            Info = "#1565C0",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#AAB6FF",
            PrimaryContrastText = "#11141C",
            Secondary = "#7FD6CE",
            Background = "#0F1218",
            Surface = "#181C25",
            TextPrimary = "#E9EBF2",
            TextSecondary = "#B3BACA",
            ActionDefault = "#B3BACA",
            Divider = "#2B313E",
            LinesDefault = "#2B313E",
            LinesInputs = "#8790A2",
            TableLines = "#262C38",
            Success = "#81D18B",
            SuccessContrastText = "#11141C",
            Error = "#FF9A91",
            ErrorContrastText = "#11141C",
            Warning = "#F3BE69",
            WarningContrastText = "#11141C",
            Info = "#8EBBFF",
            InfoContrastText = "#11141C",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "10px" },
        Typography = new Typography
        {
            Default = new DefaultTypography
            {
                FontFamily = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"],
            },
            Button = new ButtonTypography { TextTransform = "none", FontWeight = "600" },
        },
    };
}
