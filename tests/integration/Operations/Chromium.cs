using System.Collections.ObjectModel;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;

namespace Portal.Tests.Integration.Operations;

/// <summary>
/// A test in a real browser. Skipped, saying why, where there is none; with <c>CI=true</c> it runs all the same and fails, since there
/// nobody would see that it was skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Missing is { } what && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = what;
        }
    }
}

/// <summary>Headless Chromium, driven by the chromedriver that comes with it (Debian: chromium, chromium-driver).</summary>
internal sealed class Chromium : IDisposable
{
    private static readonly string? Browser = Find("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    private static readonly string? Driver = Find("chromedriver");
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("PORTAL_SCREENSHOTS");
    private readonly ChromeDriver driver;

    /// <param name="more">Arguments of this test alone.</param>
    public Chromium(params string[] more)
    {
        Assert.True(Missing is null, Missing);
        var options = new ChromeOptions { BinaryLocation = Browser };
        // As root, and in containers with a small /dev/shm, it starts no other way.
        options.AddArguments(
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic");
        options.AddArguments(more);
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        var service = ChromeDriverService.CreateDefaultService(Path.GetDirectoryName(Driver), Path.GetFileName(Driver));
        service.HideCommandPromptWindow = true;
        service.SuppressInitialDiagnosticInformation = true;
        service.EnableVerboseLogging = false;
        driver = new ChromeDriver(service, options);
        Size(1280, 900);
    }

    /// <summary>What this machine lacks; null when tests in a browser can run.</summary>
    public static string? Missing =>
        Browser is null ? "No Chromium or Chrome on the PATH." : Driver is null ? "No chromedriver on the PATH." : null;

    public Uri Address => new(driver.Url);

    public string Title => driver.Title;

    public void Go(Uri address) => driver.Navigate().GoToUrl(address);

    public IWebElement Get(string css) => driver.FindElement(By.CssSelector(css));

    public ReadOnlyCollection<IWebElement> All(string css) => driver.FindElements(By.CssSelector(css));

    public bool Has(string css) => All(css).Count > 0;

    public string Text(string css) => Get(css).Text;

    /// <summary>Of a script that returns a promise, what it comes to.</summary>
    public T Run<T>(string script, params object[] args) => (T)driver.ExecuteScript(script, args)!;

    /// <summary>Keys as a person presses them, wherever the focus is.</summary>
    public void Press(params string[] keys)
    {
        foreach (var key in keys)
        {
            driver.SwitchTo().ActiveElement().SendKeys(key);
        }
    }

    /// <summary>What has the focus, as a screen reader would call it: element and accessible name.</summary>
    public string Focused
    {
        get
        {
            var active = (WebElement)driver.SwitchTo().ActiveElement();
            return $"{active.TagName} {active.ComputedAccessibleLabel}".Trim();
        }
    }

    public void Size(int width, int height) => driver.ExecuteCdpCommand("Emulation.setDeviceMetricsOverride", new()
    {
        ["width"] = width,
        ["height"] = height,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = false,
    });

    public void Dark(bool dark) => driver.ExecuteCdpCommand("Emulation.setEmulatedMedia", new()
    {
        ["features"] = new[] { new Dictionary<string, object> { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" } },
    });

    public void WithoutScripts() => driver.ExecuteCdpCommand("Emulation.setScriptExecutionDisabled", new() { ["value"] = true });

    /// <summary>Errors and warnings of the console since last asked; what a content security policy refuses is among them.</summary>
    public IReadOnlyList<string> Complaints() =>
        [.. driver.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message)];

    /// <summary>Kept where PORTAL_SCREENSHOTS says; nowhere without it.</summary>
    public void Picture(string name)
    {
        if (Pictures is null)
        {
            return;
        }

        Directory.CreateDirectory(Pictures);
        var height = (long)driver.ExecuteScript("return Math.min(4000, document.documentElement.scrollHeight)")!;
        var width = (long)driver.ExecuteScript("return window.innerWidth")!;
        var before = (long)driver.ExecuteScript("return window.innerHeight")!;
        Size((int)width, (int)Math.Max(height, before));
        driver.GetScreenshot().SaveAsFile(Path.Combine(Pictures, $"{name}.png"));
        Size((int)width, (int)before);
    }

    // Ends the browser and its driver.
    public void Dispose() => driver.Dispose();

    private static string? Find(params string[] names) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
