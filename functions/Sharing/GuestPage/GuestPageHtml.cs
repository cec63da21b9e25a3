using System.Text.RegularExpressions;
using Portal.Foundation;
using Portal.Functions.Foundation.Http;
using Portal.People;

namespace Portal.Functions.Sharing.GuestPage;

/// <summary>A page for guests: what all of them have around them.</summary>
/// <param name="Brand">The tenant's name, logo and colour; null where the guest is not let in, and learns nothing of whose it is.</param>
public sealed partial record GuestPageHtml(string Title, Html Main, TenantBrand? Brand = null, bool HasScript = false)
{
    public static readonly PageAssets Assets = new("guest/", "/s/assets/");

    /// <summary>Where a guest reads the privacy notice.</summary>
    public const string PrivacyPath = "/privacy";

    /// <summary>The tenant's colour, for what is painted in it and for text on that.</summary>
    public string Style => Brand?.AccentColor is { } colour && Colour().IsMatch(colour)
        ? $":root{{--brand:{colour};--on-brand:{AccentColour.TextOn(colour)}}}"
        : "";

    public Html Html => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{Title}</title>
        <link rel="icon" href="{Assets.Url("icon.svg")}" type="image/svg+xml">
        <link rel="license" href="{Assets.Url("hls.licence.txt")}" title="hls.js">
        <link rel="stylesheet" href="{Assets.Url("page.css")}">
        {(Style.Length > 0 ? Html.Of($"<style>{Style}</style>") : Html.Empty)}
        {(HasScript ? Html.Of($"""<script type="module" src="{Assets.Url("page.js")}"></script>""") : Html.Empty)}
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        {(Brand is null ? Html.Empty : Head(Brand))}
        <main id="main" tabindex="-1">
        {Main}
        </main>
        <footer><a href="{PrivacyPath}">Privacy notice</a></footer>
        </body>
        </html>
        """);

    private static Html Head(TenantBrand brand) => Html.Of($"""
        <header class="top">
        {(brand.LogoUrl is { } logo ? Html.Of($"""<img src="{logo}" alt="" height="32">""") : Html.Empty)}
        <span class="brand">{brand.Name}</span>
        </header>
        """);

    [GeneratedRegex("^#[0-9a-f]{6}$")]
    private static partial Regex Colour();
}
