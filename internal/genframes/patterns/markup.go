package main

import (
	html "html/template"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"text/template"
)

const pageText = `<ul>{{range $i, $w := .Words}}{{if lt $i 20}}<li class="{{$i}}">{{$w | printf "%s"}}</li>{{end}}{{end}}</ul>{{with .Item}}<p>{{.Name}} {{.Price}}</p>{{end}}`

func (b *bench) markup() []func() {
	return []func(){
		b.regexpCompile, b.regexpBacktrack, b.regexpOnePass, b.regexpReplace, b.regexpFindAll, b.regexpMatchString,
		b.templateParse, b.templateExecute, b.htmlTemplateParse, b.htmlTemplateExecute, b.htmlEscape,
		b.urlParse, b.urlValues, b.pathClean,
	}
}

func (b *bench) regexpCompile() {
	for range 50 {
		b.sink = regexp.MustCompile(`^([a-z0-9._-]+)@([a-z0-9-]+\.)+[a-z]{2,6}$`)
	}
}

func (b *bench) regexpBacktrack() {
	if b.search.MatchString(b.prose[:800]) {
		b.number++
	}
}

func (b *bench) regexpOnePass() {
	for range 500 {
		b.sink = b.once.FindStringSubmatch("weight=35;")
	}
}

func (b *bench) regexpReplace() {
	b.str = regexpDigits.ReplaceAllString(b.prose, "#")
}

func (b *bench) regexpFindAll() {
	b.number += len(regexpDigits.FindAllString(b.prose, -1))
}

func (b *bench) regexpMatchString() {
	for range 50 {
		if ok, _ := regexp.MatchString(`^[A-Z]{2}-[0-9]{4}$`, "HH-1234"); ok {
			b.number++
		}
	}
}

var regexpDigits = regexp.MustCompile(`[0-9]+`)

type pageData struct {
	Words []string
	Item  *item
}

func (b *bench) templateParse() {
	for range 20 {
		b.sink = must(template.New("page").Parse(pageText))
	}
}

func (b *bench) templateExecute() {
	check(b.page.Execute(io.Discard, pageData{Words: b.words[:40], Item: b.item}))
}

// htmlTemplateParse includes the first execution, which does the escaping.
func (b *bench) htmlTemplateParse() {
	t := must(html.New("page").Parse(pageText))
	check(t.Execute(io.Discard, pageData{Words: b.words[:2], Item: b.item}))
}

func (b *bench) htmlTemplateExecute() {
	t, ok := b.sink.(*html.Template)
	if !ok {
		t = must(html.New("page").Parse(pageText))
		b.sink = t
	}
	check(t.Execute(io.Discard, pageData{Words: b.words[:40], Item: b.item}))
}

func (b *bench) htmlEscape() { b.str = html.HTMLEscapeString(b.prose + "<>&") }

func (b *bench) urlParse() {
	for range 500 {
		b.sink = must(url.Parse("https://shop.example:8443/carts/35?colour=brown&size=xl#wheel"))
	}
}

func (b *bench) urlValues() {
	for range 500 {
		v := must(url.ParseQuery("colour=brown&size=xl&q=caf%C3%A9+cr%C3%A8me"))
		b.str = v.Encode()
	}
}

func (b *bench) pathClean() {
	for range 2_000 {
		b.str = filepath.Clean("/srv/shop/../shop/./carts//35.json")
	}
}
