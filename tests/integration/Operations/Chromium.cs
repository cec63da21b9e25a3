using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Diagnostics;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using OpenQA.Selenium.Interactions;

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

/// <summary>Headless Chromium, driven by the chromedriver that comes with it (Debian: chromium, chromium-driver). Starting one costs more
/// than most tests do in it: the next test has it again, in a new tab, without cookies and what else it was told.</summary>
internal sealed class Chromium : IDisposable
{
    // Debian's chromium-headless-shell: the same browser without tabs and windows around the page, which is a quarter less to do. The one
    // on the PATH is a script; killed in its place, it would leave the browser behind.
    private const string DebianShell = "/usr/lib/chromium/chromium-headless-shell";

    private static readonly ConcurrentBag<Driven> Idle = [];
    private static readonly string? Browser = Find("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    private static readonly string? Driver = Find("chromedriver");
    private static readonly string? Shell = File.Exists(DebianShell) ? DebianShell : null;
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("PORTAL_SCREENSHOTS");
    private readonly Driven own;
    private readonly ChromeDriver driver;
    private readonly bool alone;

    static Chromium() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        // A process that ends is not waited for: no polite end, which takes a request to the driver, and no walk through all processes.
        while (Idle.TryTake(out var left))
        {
            Kill(left.Service);
            Kill(left.Browser);
        }
    };

    /// <param name="more">Arguments of this test alone, which then has a browser of its own.</param>
    public Chromium(params string[] more)
    {
        Assert.True(Missing is null, Missing);
        alone = more.Length > 0;
        own = !alone && Idle.TryTake(out var used) ? used : Start(more);
        driver = own.Driver;
        Size(1280, 900);
    }

    private static Driven Start(string[] more)
    {
        // With arguments of its own it is the whole browser: they may be about what the shell has not got, such as settings of cookies.
        var options = new ChromeOptions { BinaryLocation = more.Length == 0 ? Shell ?? Browser : Browser };
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
        var driver = new ChromeDriver(service, options);
        return new(driver, service.ProcessId, Convert.ToInt32(driver.Capabilities.GetCapability("goog:processID"), null));
    }

    private static void Kill(int process)
    {
        try
        {
            Process.GetProcessById(process).Kill();
        }
        catch (ArgumentException)
        {
            // It has ended.
        }
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

    /// <summary>Keys as a person presses them, wherever the focus is: nothing is given the focus for it.</summary>
    public void Press(params string[] keys)
    {
        foreach (var key in keys)
        {
            new Actions(driver).SendKeys(key).Perform();
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

    public void Dispose()
    {
        if (alone)
        {
            driver.Dispose();
            return;
        }

        try
        {
            // What was told of a tab (size, colours, no scripts) goes with it; cookies are everybody's.
            driver.ExecuteCdpCommand("Network.clearBrowserCookies", []);
            var before = driver.CurrentWindowHandle;
            driver.SwitchTo().NewWindow(WindowType.Tab);
            var fresh = driver.CurrentWindowHandle;
            driver.SwitchTo().Window(before).Close();
            driver.SwitchTo().Window(fresh);
            driver.Manage().Logs.GetLog(LogType.Browser);
            Idle.Add(own);
        }
        catch (WebDriverException)
        {
            driver.Dispose();
        }
    }

    /// <param name="Service">The process of chromedriver.</param>
    /// <param name="Browser">The browser's own, below which all others of it end with it.</param>
    private sealed record Driven(ChromeDriver Driver, int Service, int Browser);

    private static string? Find(params string[] names) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
